import { extname } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type ReportFile, type ReportFormat, reportFormatFacts, reportFormats } from '#contract/domain/report.ts'
import { formatAlternatives, formatBytes, formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { commonOf, givenPath } from './options.ts'
import { show } from './output.ts'

/** Adds the verb that writes a report on runs. */
export function addReportVerb(program: Command): void {
  program
    .command('report')
    .description(
      'write a report on runs: what was compared, results with intervals over seeds, tests, curves, and how to repeat',
    )
    .argument('<id...>', 'runs, or pipelines for all of their runs')
    .requiredOption(
      '--out <file>',
      `file to write: ${reportFormats.map((format) => `.${reportFormatFacts[format].extension} for ${reportFormatFacts[format].label}`).join(', ')}`,
      reportPath,
    )
    .option('--baseline <run>', 'run that the others are compared with; the first one by default')
    .option('--title <text>', 'title of the report')
    .option('--force', 'replace an earlier report')
    .action(
      async (
        ids: string[],
        options: { out: string; baseline?: string; title?: string; force?: boolean },
        command: Command,
      ) => {
        const { workspace, isJson } = commonOf(command)
        const { out, baseline, title, force = false } = options
        const written = await withStudio(workspace, async (client) => {
          const runs = await client.runs.list({})
          const named = ids.flatMap((id) => {
            const ofPipeline = runs.filter(({ pipelineId }) => pipelineId === id).map((known) => known.id)
            return runs.some((known) => known.id === id) || ofPipeline.length === 0 ? [id] : ofPipeline
          })
          return await client.reports.make({
            ids: named,
            format: reportFormatOf(out) ?? 'html',
            to: out,
            force,
            ...(baseline === undefined ? {} : { baseline }),
            ...(title === undefined ? {} : { title }),
          })
        })
        show(isJson, written, writtenText)
      },
    )
}

/** What was written, in one line. */
export const writtenText = ({ path, runs, figures, sizeBytes }: ReportFile): string =>
  [
    `${path}: ${formatQuantity(runs, 'run')}`,
    ...(figures.length === 0 ? [] : [`${formatQuantity(figures.length, 'figure')} beside it`]),
    `${formatBytes(sizeBytes)}.`,
  ].join(', ')

/** The format of a report by the ending of its name. */
export const reportFormatOf = (path: string): ReportFormat | undefined =>
  reportFormats.find((format) => extname(path).toLowerCase() === `.${reportFormatFacts[format].extension}`)

/** The absolute path of a report. @throws InvalidArgumentError for another ending */
export function reportPath(path: string): string {
  if (reportFormatOf(path) === undefined)
    throw new InvalidArgumentError(
      `The name of a report ends in ${formatAlternatives(reportFormats.map((format) => `.${reportFormatFacts[format].extension}`))}.`,
    )
  return givenPath(path)
}
