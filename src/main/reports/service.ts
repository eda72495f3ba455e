import { existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, isAbsolute, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { RunEnvironment } from '#contract/domain/environment.ts'
import type { Pipeline, Preset } from '#contract/domain/pipeline.ts'
import type { ReportFile, ReportFormat, ReportRequest } from '#contract/domain/report.ts'
import type { Run } from '#contract/domain/run.ts'
import { requirePortableName } from '#contract/portable-name.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { refuseSpecialFile } from '#node/regular-file.ts'
import { reportOn } from './content.ts'
import { figureBuckets } from './curves.ts'
import type { FigureBlock, ReportDocument } from './document.ts'
import { reportHtml } from './html.ts'
import { reportMarkdown } from './markdown.ts'

export interface ReportsOptions {
  /** Throws `not-found` for an unknown run. */
  readonly run: (id: string) => { run: Run; pipeline: Pipeline }
  readonly environments: (ids: readonly string[]) => RunEnvironment[]
  readonly series: (request: { runIds: readonly string[]; maxBuckets: number }) => BucketedSeries[]
  readonly presets: () => readonly Preset[]
  readonly version: string
}

/** Reports on runs, as files that need nothing else. */
export class Reports {
  readonly #options: ReportsOptions

  constructor(options: ReportsOptions) {
    this.#options = options
  }

  /**
   * Writes a report on some runs.
   * @throws StudioError `not-found` for an unknown run; `bad-request` for a baseline that is none of the runs, a relative path, or
   * a folder that does not exist; `already-exists` if something is at the path and `force` is false.
   */
  make({ ids, baseline, title, format, to, force }: ReportRequest): ReportFile {
    const first = baseline ?? ids[0]
    if (first === undefined || !ids.includes(first))
      throw new StudioError(
        'bad-request',
        `The baseline ${first ?? ''} is not one of the runs of the report.`,
        'Name it among the runs, or choose one of them.',
      )
    requireTarget(to, force)
    const order = [...new Set([first, ...ids])]
    const found = order.map((id) => this.#options.run(id))
    const environments = new Map(this.#options.environments(order).map((of) => [of.id, of]))
    const document = reportOn({
      title,
      runs: found.map(({ run, pipeline }, index) => ({
        number: `R${index + 1}`,
        run,
        pipeline,
        environment: environments.get(run.id),
      })),
      series: this.#options.series({ runIds: order, maxBuckets: figureBuckets }),
      presets: this.#options.presets(),
      version: this.#options.version,
      madeAt: new Date(),
    })
    return { ...writeReport(document, format, to), runs: order.length }
  }
}

/** Writes a report to a path that `requireTarget` accepts, and for Markdown its figures into a folder beside it. */
export function writeReport(document: ReportDocument, format: ReportFormat, to: string): Omit<ReportFile, 'runs'> {
  const figures = format === 'html' ? writeHtml(document, to) : writeMarkdown(document, to)
  const sizeBytes = [to, ...figures].reduce((sum, path) => sum + statSync(path).size, 0)
  return { format, path: to, figures, sizeBytes }
}

/** Refuses a path that cannot be written, before anything is computed. @throws StudioError like `Reports.make` */
export function requireTarget(to: string, force: boolean): void {
  if (!isAbsolute(to))
    throw new StudioError(
      'bad-request',
      `The path "${to}" of the report is not absolute.`,
      'Give the whole path, beginning with the root of the file system.',
    )
  if (!existsSync(dirname(to)))
    throw new StudioError(
      'bad-request',
      `The folder ${dirname(to)} does not exist.`,
      'Create it, or choose another one.',
    )
  requirePortableName(basename(to))
  if (!existsSync(to)) return
  refuseSpecialFile(to)
  if (statSync(to).isDirectory())
    throw new StudioError('already-exists', `${to} is a folder.`, 'Give the name of a file in it, such as report.html.')
  if (!force)
    throw new StudioError(
      'already-exists',
      `The file ${to} exists.`,
      'Choose another name, or replace it: --force on the command line.',
    )
}

function writeHtml(document: ReportDocument, to: string): string[] {
  writeAtomically(to, reportHtml(document))
  return []
}

/** The figures go into a folder with the name of the report. @returns their paths */
function writeMarkdown(document: ReportDocument, to: string): string[] {
  const name = `${basename(to, extname(to))}-figures`
  const folder = join(dirname(to), name)
  const figures = document.blocks.filter((block): block is FigureBlock => block.kind === 'figure')
  if (figures.length > 0) mkdirSync(folder, { recursive: true })
  const paths = figures.map((figure) => {
    const path = join(folder, `${figure.name}.svg`)
    writeAtomically(path, figure.svg('light'))
    return path
  })
  writeAtomically(to, reportMarkdown(document, name))
  return paths
}
