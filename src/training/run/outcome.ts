/** How a run's process ended by itself. */
export interface Outcome {
  readonly status: 'finished' | 'stopped'
  readonly step: number
}
