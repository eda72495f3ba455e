import type { Preset } from '#contract/domain/pipeline.ts'
import type { ExperimentReportRequest, ReportFile } from '#contract/domain/report.ts'
import type { ExperimentDetail } from '#contract/experiment/result.ts'
import { requireTarget, writeReport } from '../reports/service.ts'
import { experimentDocument } from './report-content.ts'

export interface ExperimentReportsOptions {
  /** Throws `not-found` for an unknown experiment. */
  readonly experiment: (id: string) => ExperimentDetail
  readonly presets: () => readonly Preset[]
  readonly version: string
}

/** Reports on experiments, as files that need nothing else. */
export class ExperimentReports {
  readonly #options: ExperimentReportsOptions

  constructor(options: ExperimentReportsOptions) {
    this.#options = options
  }

  /** Writes a report on an experiment. @throws StudioError `not-found`; like a report on runs for a path that cannot be written */
  make({ id, title, format, to, force }: ExperimentReportRequest): ReportFile {
    requireTarget(to, force)
    const detail = this.#options.experiment(id)
    const { presets, version } = this.#options
    const document = experimentDocument(detail, { title, presets: presets(), version, madeAt: new Date() })
    const runs = detail.experiment.phases.reduce(
      (count, { phase, total }) => (phase === 'probes' ? count : count + total),
      0,
    )
    return { ...writeReport(document, format, to), runs }
  }
}
