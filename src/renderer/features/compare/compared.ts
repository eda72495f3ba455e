import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'

/** A run on the compare page. Its index there is its style in every chart. */
export interface ComparedRun {
  id: string
  label: string
  run: Run
  pipeline: Pipeline
}
