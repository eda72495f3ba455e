import type { ConfigurationSection } from '../configuration/pipeline.ts'
import type { Goal, MetricName } from '../domain/metric.ts'
import type { Run } from '../domain/run.ts'
import type { KeyValue, QueryKey } from './key.ts'
import type { Reduction } from './metric-keys.ts'
import type { PipelineFacts } from './parameter-keys.ts'

/** A key of runs. */
export interface RunKey extends QueryKey {
  /** Where its values come from. */
  readonly source: 'run' | 'parameter' | 'metric'
  /** Section of the configuration of a hyperparameter. */
  readonly section?: ConfigurationSection
  readonly metric?: MetricName
  /** Undefined for the headline value. */
  readonly reduction?: Reduction
  /** Which of two values is better. */
  readonly goal: Goal
}

/** A key that every run has, besides hyperparameters and metrics. */
export interface CoreKey extends Pick<QueryKey, 'label' | 'kind' | 'help'> {
  readonly unit?: string
  readonly titles?: Readonly<Record<string, string>>
  /** Values that are known without looking at runs. */
  readonly options?: readonly string[]
  /** Whether the values that runs have are offered for completion. */
  readonly isOffered?: boolean
  readonly group?: string
  readonly read: (run: Run, pipeline: PipelineFacts | undefined) => KeyValue
  /** Every value, for a key that can have several. `read` joins them. */
  readonly readAll?: (run: Run, pipeline: PipelineFacts | undefined) => readonly string[]
}
