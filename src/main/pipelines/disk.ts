import { StudioError } from '#contract/api/errors.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { formatBytes } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'

interface StageDisk {
  readonly title: string
  readonly checkpoints: number
  readonly totalBytes: number
}

/** Disk space for the checkpoints of a run, from its memory estimate; undefined if that is not known, or it saves none. */
export function checkpointSpace({ task, general, memory }: RunFile): StageDisk | undefined {
  if (memory === undefined || !('epochs' in task.configuration)) return undefined
  // The estimate counts parameters and two moments, and in main memory the gradients of each worker.
  const copies = memory.card === undefined ? 3 + general.workers : 3
  const checkpoints = Math.ceil(task.configuration.epochs / general.checkpointEveryEpochs)
  return {
    title: stageTitles[task.stage],
    checkpoints,
    totalBytes: Math.round((checkpoints * memory.parts.state * 3) / copies),
  }
}

/**
 * @param freeBytes of the disk of the workspace; undefined if the system does not say
 * @throws StudioError `disk-full` with figures if the checkpoints of these runs do not fit
 */
export function requireSpace(files: readonly RunFile[], freeBytes: number | undefined): void {
  const stages = files.map(checkpointSpace).filter((stage) => stage !== undefined)
  const neededBytes = stages.reduce((sum, { totalBytes }) => sum + totalBytes, 0)
  if (freeBytes === undefined || neededBytes <= freeBytes) return
  const list = stages
    .map(({ title, checkpoints, totalBytes }) => `${title} ${formatBytes(totalBytes)} (${checkpoints})`)
    .join(', ')
  throw new StudioError(
    'disk-full',
    `The checkpoints of this pipeline need about ${formatBytes(neededBytes)}, and the disk of the workspace has ${formatBytes(freeBytes)} left: ${list}.`,
    'Free some space, or raise general.checkpointEveryEpochs, so that fewer checkpoints are kept.',
  )
}
