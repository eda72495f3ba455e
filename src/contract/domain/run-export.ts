import { z } from 'zod'

export const runExportFormats = ['tensorboard', 'csv', 'parquet', 'mlflow'] as const
export const runExportFormat = z.enum(runExportFormats)
export type RunExportFormat = z.infer<typeof runExportFormat>

/** Name of each format in which runs are exported, and what it writes. */
export const runExportFormatFacts: Readonly<Record<RunExportFormat, { label: string; help: string }>> = {
  tensorboard: {
    label: 'TensorBoard',
    help: 'A folder with an event file for each run: every point with its time, and the hyperparameters. Values are 32-bit.',
  },
  csv: {
    label: 'CSV',
    help: 'points.csv with one line for each point, and runs.csv with the hyperparameters and results of each run.',
  },
  parquet: {
    label: 'Parquet',
    help: 'points.parquet and runs.parquet: the tables of CSV with typed columns, compressed.',
  },
  mlflow: {
    label: 'MLflow',
    help: 'mlflow.db, a tracking store in SQLite with an experiment for each dataset. Upgrade it with mlflow db upgrade.',
  },
}

/** Which runs to export, and the absolute path of the folder to write to. */
export const runExportRequest = z.object({
  ids: z.array(z.string()).min(1, 'Choose at least one run.').max(10_000),
  format: runExportFormat,
  to: z.string().min(1),
  /** Replaces files of an earlier export. Other files are never touched. */
  force: z.boolean().default(false),
})
export type RunExportRequest = z.infer<typeof runExportRequest>

export const runExport = z.object({
  format: runExportFormat,
  folder: z.string(),
  runs: z.int(),
  points: z.int(),
  /** Names relative to the folder, with `/`. */
  files: z.array(z.object({ name: z.string(), sizeBytes: z.int() })),
  /** Sentences about what the format could not hold. */
  notes: z.array(z.string()),
})
export type RunExport = z.infer<typeof runExport>
