import { parseRef } from '#contract/domain/model-ref.ts'

/** Address of a model: the run that trains it, or the page of a checkpoint or imported model. */
export function modelLink(ref: string, isRun: boolean): string {
  return isRun || parseRef(ref).kind === 'run'
    ? `/runs/${encodeURIComponent(ref)}`
    : `/checkpoints?id=${encodeURIComponent(ref)}`
}
