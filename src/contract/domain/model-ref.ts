import { z } from 'zod'

/** Roles of the models that a stage takes as inputs. */
export const inputRoles = ['imageTeacher', 'videoTeacher', 'model'] as const
export type InputRole = (typeof inputRoles)[number]

export const roleTitles: Record<InputRole, string> = {
  imageTeacher: 'Image teacher',
  videoTeacher: 'Video teacher',
  model: 'Starting point',
}

/**
 * Reference of a model: the name of an imported model (`mae-base`), a run (`falls-tiny-1.distill`: its newest checkpoint, or with early
 * stopping its best one),
 * or a checkpoint (`falls-tiny-1.distill@300`).
 */
export const modelRef = z.string().trim().min(1, 'Name an imported model, a run or a checkpoint.').max(200)

export type ParsedRef =
  | { kind: 'imported-model'; name: string }
  | { kind: 'run'; runId: string }
  | { kind: 'checkpoint'; runId: string; step: number }

/** The kinds differ in form: only run ids contain a dot, only checkpoint ids an @ before a step. */
export function parseRef(ref: string): ParsedRef {
  const [, runId, step] = /^(.+)@(\d+)$/.exec(ref) ?? []
  if (runId !== undefined) return { kind: 'checkpoint', runId, step: Number(step) }
  return ref.includes('.') ? { kind: 'run', runId: ref } : { kind: 'imported-model', name: ref }
}

/** A checkpoint of a run of the same stage from which training continues, with its optimizer state, instead of from initial weights. */
export const continuation = z.object({ run: z.string(), step: z.int().positive() })
export type Continuation = z.infer<typeof continuation>

/** Id of a checkpoint: `<run id>@<step>`. */
export const checkpointId = (runId: string, step: number): string => `${runId}@${step}`
