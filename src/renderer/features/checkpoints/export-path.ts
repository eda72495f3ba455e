import { type Checkpoint, exportFormatFacts, type ExportFormat } from '#contract/domain/checkpoint.ts'

/** What an export of a checkpoint is called, before its format is known. */
export const exportBase = ({ pipelineId, stage, step }: Pick<Checkpoint, 'pipelineId' | 'stage' | 'step'>): string =>
  `${pipelineId}-${stage}-step-${step}`

/** A file with the extension of its format, or a folder that is named after it. */
export function exportName(base: string, format: ExportFormat): string {
  const { extension } = exportFormatFacts[format]
  return extension === null ? `${base}-${format}` : `${base}.${extension}`
}

/** A file in a folder of the machine that the studio runs on, with the separator which that folder uses. */
export function joinPath(folder: string, name: string): string {
  const separator = folder.includes('\\') && !folder.includes('/') ? '\\' : '/'
  return folder.endsWith(separator) ? `${folder}${name}` : `${folder}${separator}${name}`
}
