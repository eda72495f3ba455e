import { parseRef } from '#contract/domain/model-ref.ts'

/** Where a model that a run takes can be looked at: the run that makes it, or the page of a checkpoint or import. */
export function modelLink(ref: string, isRun: boolean): string {
  return isRun || parseRef(ref).kind === 'run'
    ? `/runs/${encodeURIComponent(ref)}`
    : `/checkpoints?id=${encodeURIComponent(ref)}`
}
