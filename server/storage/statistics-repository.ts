/** How much there is of what. Counted anew each time: for jobs and operators, never for callers. */
export interface Statistics {
  readonly accounts: number;
  readonly disabledAccounts: number;
  readonly devices: number;
  readonly envelopesWaiting: number;
  readonly archiveBytes: number;
}

export interface StatisticsRepository {
  count(): Promise<Statistics>;
}
