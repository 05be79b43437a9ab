/** Who the host can be: people to try each role with, and those whom the demo plays. */
export interface HostUser {
  /** Also the number in the token's `sub`. */
  readonly id: number;
  readonly login: string;
  readonly name: string;
  /** Of plugin.json's, without the app's name. */
  readonly role: 'Viewer' | 'Reviewer' | 'Approver' | 'Auditor' | 'SRE' | 'Admin';
  /** Played by the demo; not offered for switching. */
  readonly simulated?: true;
}

export const users: readonly HostUser[] = [
  { id: 1, login: 'ann', name: 'Ann', role: 'Reviewer' },
  { id: 2, login: 'ben', name: 'Ben', role: 'Approver' },
  { id: 3, login: 'cleo', name: 'Cleo', role: 'Auditor' },
  { id: 4, login: 'sam', name: 'Sam', role: 'SRE' },
  { id: 5, login: 'dana', name: 'Dana', role: 'Approver' },
  {
    id: 7,
    login: 'ada',
    name: 'Ada',
    role: 'Admin',
  },
  { id: 6, login: 'vic', name: 'Vic', role: 'Viewer' },
  {
    id: 11,
    login: 'robin',
    name: 'Robin (simulated)',
    role: 'Reviewer',
    simulated: true,
  },
  { id: 12, login: 'jo', name: 'Jo (simulated)', role: 'Reviewer', simulated: true },
  {
    id: 13,
    login: 'sasha',
    name: 'Sasha (simulated)',
    role: 'Reviewer',
    simulated: true,
  },
  { id: 14, login: 'kim', name: 'Kim (simulated)', role: 'Reviewer', simulated: true },
];

export const userCookie = 'countersign_user';
