import { z } from 'zod'
import { slug } from './dataset.ts'

export const reportFormats = ['html', 'markdown'] as const
export const reportFormat = z.enum(reportFormats)
export type ReportFormat = z.infer<typeof reportFormat>

/** Name of each format of a report, and the extension of its file. */
export const reportFormatFacts: Readonly<Record<ReportFormat, { label: string; extension: string; help: string }>> = {
  html: { label: 'HTML', extension: 'html', help: 'One file with all figures, for any browser, without a network.' },
  markdown: {
    label: 'Markdown',
    extension: 'md',
    help: 'A text file, and a folder beside it with the figures as SVG.',
  },
}

/** Which runs to report on, and the absolute path of the file to write. */
export const reportRequest = z.object({
  ids: z.array(z.string()).min(1, 'Choose at least one run.').max(200, 'A report takes at most 200 runs.'),
  /** Run that the others are compared with; the first one if absent. */
  baseline: z.string().optional(),
  title: z.string().trim().min(1, 'A title has at least one character.').max(200).optional(),
  format: reportFormat,
  to: z.string().min(1),
  /** Replaces an earlier report at that path. */
  force: z.boolean().default(false),
})
export type ReportRequest = z.infer<typeof reportRequest>

/** Which experiment to report on, and the absolute path of the file to write. */
export const experimentReportRequest = reportRequest
  .pick({ title: true, format: true, to: true, force: true })
  .extend({ id: slug })
export type ExperimentReportRequest = z.infer<typeof experimentReportRequest>

export const reportFile = z.object({
  format: reportFormat,
  /** Absolute path of the report. */
  path: z.string(),
  runs: z.int(),
  /** Absolute paths of the figures beside it; none for HTML, which holds them. */
  figures: z.array(z.string()),
  sizeBytes: z.int(),
})
export type ReportFile = z.infer<typeof reportFile>
