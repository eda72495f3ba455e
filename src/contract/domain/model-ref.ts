import { z } from 'zod'

/** Where a stage may take a model from, by role. */
export const inputRoles = ['imageTeacher', 'videoTeacher', 'model'] as const
export type InputRole = (typeof inputRoles)[number]

export const roleTitles: Record<InputRole, string> = {
  imageTeacher: 'Image teacher',
  videoTeacher: 'Video teacher',
  model: 'Starting point',
}

/** A model by name: an import (`mae-base`), a run (`falls-tiny-1.distill`, its newest checkpoint), or a checkpoint (`falls-tiny-1.distill@300`). */
export const modelRef = z.string().trim().min(1, 'Name an imported model, a run or a checkpoint.').max(200)

export type ParsedRef =
  | { kind: 'imported-model'; name: string }
  | { kind: 'run'; runId: string }
  | { kind: 'checkpoint'; runId: string; step: number }

/** Tells the kinds apart by their form alone: only runs have a dot in their name, and only checkpoints an @. */
export function parseRef(ref: string): ParsedRef {
  const [, runId, step] = /^(.+)@(\d+)$/.exec(ref) ?? []
  if (runId !== undefined) return { kind: 'checkpoint', runId, step: Number(step) }
  return ref.includes('.') ? { kind: 'run', runId: ref } : { kind: 'imported-model', name: ref }
}
