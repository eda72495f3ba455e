import { z } from 'zod'
import { formatQuantity } from '../format.ts'
import { stageSchema } from '../stages/index.ts'
import { slug } from './dataset.ts'

export const runImportFormats = ['tensorboard', 'mlflow'] as const
export const runImportFormat = z.enum(runImportFormats)
export type RunImportFormat = z.infer<typeof runImportFormat>

/** Name of each format from which runs are imported, and what is read. */
export const runImportFormatFacts: Readonly<Record<RunImportFormat, { label: string; help: string }>> = {
  tensorboard: {
    label: 'TensorBoard',
    help: 'A folder of event files: each folder with event files in it is a run.',
  },
  mlflow: { label: 'MLflow', help: 'A tracking store in SQLite, such as mlflow.db: each active run is a run.' },
}

/** Where an imported run comes from, and what its files say of it. */
export const runImportSource = z.object({
  format: runImportFormat,
  /** Absolute path of the folder with the event files, or of the store. */
  path: z.string(),
  /** Tells the run from others of the same format: the path of its folder, or its id in the store. */
  key: z.string(),
  /** Its name there. */
  name: z.string(),
  /** Its status in the words of the other program; null if its files do not say. */
  status: z.string().nullable(),
  /** Hyperparameters by their names there. */
  parameters: z.record(z.string(), z.union([z.number(), z.string()])),
})
export type RunImportSource = z.infer<typeof runImportSource>

/** Dataset and preset of imported runs, whose files do not name one. */
export const unknownDataset = 'unknown'
export const importedPreset = 'imported'

/** Which runs to import. `path` is absolute. */
export const runImportRequest = z.object({
  path: z.string().min(1),
  /** Recognised by the files without it. */
  format: runImportFormat.optional(),
  /** Stage with whose runs they are compared; needed for runs that are not in the workspace yet. */
  stage: stageSchema.optional(),
  dataset: slug.default(unknownDataset),
  /** Names of runs there; all by default. */
  names: z.array(z.string()).max(10_000).optional(),
  /** Only says what would be imported. */
  dryRun: z.boolean().default(false),
})
export type RunImportRequest = z.infer<typeof runImportRequest>

export const runImportStates = ['new', 'changed', 'unchanged'] as const

export const runImport = z.object({
  format: runImportFormat,
  runs: z.array(
    z.object({
      /** Its name there. */
      name: z.string(),
      /** Id in the workspace; null before the import. */
      id: z.string().nullable(),
      /** Compared with the workspace before the import. */
      state: z.enum(runImportStates),
      metrics: z.int(),
      points: z.int(),
      /** Points that the import adds or replaces. */
      newPoints: z.int(),
      parameters: z.int(),
      /** Sentences about what was left out. */
      notes: z.array(z.string()),
    }),
  ),
  /** Sentences about the files. */
  notes: z.array(z.string()),
})
export type RunImport = z.infer<typeof runImport>
export type ImportedRun = RunImport['runs'][number]

/** The notes of an import. One that concerns several runs is listed once. */
export function notesOfImport({ runs, notes }: RunImport): string[] {
  const names = Map.groupBy(
    runs.flatMap(({ name, notes: own }) => own.map((note) => ({ name, note }))),
    ({ note }) => note,
  )
  return [
    ...notes,
    ...Array.from(
      names,
      ([note, of]) => `${of.length === 1 ? (of[0]?.name ?? '') : formatQuantity(of.length, 'run')}: ${note}`,
    ),
  ]
}
