import type { Checkpoint } from '#contract/checkpoint.ts'

/** File name that says what is in it. */
export const exportName = ({ pipelineId, stage, step }: Pick<Checkpoint, 'pipelineId' | 'stage' | 'step'>, format: string): string => `${pipelineId}-${stage}-step-${step}.${format}`

/** A file in a folder of the machine that the studio runs on, with the separator which that folder uses. */
export function joinPath(folder: string, name: string): string {
  const separator = folder.includes('\\') && !folder.includes('/') ? '\\' : '/'
  return folder.endsWith(separator) ? `${folder}${name}` : `${folder}${separator}${name}`
}
