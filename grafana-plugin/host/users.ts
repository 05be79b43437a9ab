/** Who the host can be: people to try each role with, and those whom the demo plays. */
export type Permission = 'read' | 'decide' | 'audit' | 'operate' | 'approve';

export interface HostUser {
  /** Also the number in the token's `sub`. */
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly role: string;
  readonly permissions: readonly Permission[];
  /** Played by the demo; not offered for switching. */
  readonly simulated?: true;
}

export const users: readonly HostUser[] = [
  { id: 1, login: 'ann', name: 'Ann', role: 'Reviewer', permissions: ['read', 'decide'] },
  { id: 2, login: 'ben', name: 'Ben', role: 'Approver', permissions: ['read', 'decide', 'operate', 'approve'] },
  { id: 3, login: 'cleo', name: 'Cleo', role: 'Auditor', permissions: ['read', 'audit'] },
  { id: 4, login: 'sam', name: 'Sam', role: 'SRE', permissions: ['read', 'operate'] },
  { id: 5, login: 'dana', name: 'Dana', role: 'Approver', permissions: ['read', 'decide', 'operate', 'approve'] },
  {
    id: 7,
    login: 'ada',
    name: 'Ada',
    role: 'Admin',
    permissions: ['read', 'decide', 'audit', 'operate', 'approve'],
  },
  { id: 6, login: 'vic', name: 'Vic', role: 'Viewer', permissions: ['read'] },
  {
    id: 11,
    login: 'robin',
    name: 'Robin (simulated)',
    role: 'Reviewer',
    permissions: ['read', 'decide'],
    simulated: true,
  },
  { id: 12, login: 'jo', name: 'Jo (simulated)', role: 'Reviewer', permissions: ['read', 'decide'], simulated: true },
  {
    id: 13,
    login: 'sasha',
    name: 'Sasha (simulated)',
    role: 'Reviewer',
    permissions: ['read', 'decide'],
    simulated: true,
  },
  { id: 14, login: 'kim', name: 'Kim (simulated)', role: 'Reviewer', permissions: ['read', 'decide'], simulated: true },
];

export const userCookie = 'countersign_user';
