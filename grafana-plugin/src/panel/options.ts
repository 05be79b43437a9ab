/** What the editor of a dashboard chooses. */
export interface PanelOptions {
  /** Of this workflow only; of all when it is empty. */
  readonly workflow: string;
  /** Only what the viewer holds or was handed. */
  readonly mine: boolean;
}

export const panelId = 'countersign-queue-panel';
