import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import {
  brokenPage,
  datasetDetail,
  histogram,
  histogramRequest,
  pageRequest,
  samplePage,
  sampleRequest,
} from '../domain/dataset-detail.ts'
import { datasetPreview } from '../domain/dataset-preview.ts'
import { datasetChange, datasetVersions } from '../domain/dataset-version.ts'
import { datasetCheck, datasetSummary, slug } from '../domain/dataset.ts'
import { drawnAgain, splitRequest } from '../domain/drawn-split-set.ts'
import { exclusionRequest } from '../domain/exclusions.ts'
import { frameRate } from '../domain/frame-rate.ts'
import { importReport } from '../domain/import-report.ts'
import { findingsPage, findingsRequest, importCheck, integritySummary } from '../domain/integrity.ts'
import { seenClip, seenClipRequest } from '../domain/seen-clip.ts'
import { splitDrawing } from '../domain/split-drawing.ts'
import { tableColumns } from '../domain/table-columns.ts'
import { framesPage, framesRequest } from '../domain/video-frames.ts'
import { nothing, procedure } from './procedure.ts'

const inspected = z.object({ type: z.literal('progress'), done: z.int(), total: z.int(), path: z.string() })

/** Progress of a long task, then its result. The last event has `type: 'done'`. */
const importEvent = z.discriminatedUnion('type', [
  inspected,
  z.object({ type: z.literal('done'), dataset: datasetSummary, report: importReport }),
])
export type ImportEvent = z.infer<typeof importEvent>

/** Progress of reading a folder again, then what has changed: null if nothing has, so that there is no new version. */
const reimportEvent = z.discriminatedUnion('type', [
  inspected,
  z.object({ type: z.literal('done'), dataset: datasetSummary, change: datasetChange.nullable() }),
])
export type ReimportEvent = z.infer<typeof reimportEvent>

const datasetEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), datasets: z.array(datasetSummary) }),
  z.object({ type: z.literal('changed'), dataset: datasetSummary }),
  z.object({ type: z.literal('removed'), name: slug }),
])
export type DatasetEvent = z.infer<typeof datasetEvent>

/** A folder that is imported, and how. */
export const importedFolder = z.object({
  directory: z.string().min(1),
  followLinks: z.boolean().default(false),
  /** How splits that the folder does not give are drawn; refused if it gives all of them. */
  drawing: splitDrawing.optional(),
  /** Columns of a table with a header that no format knows. */
  columns: tableColumns.optional(),
  /** Frames per second of folders of numbered pictures; 30 if absent. */
  frameRate: frameRate.optional(),
})

/** Procedures of datasets. */
export const datasets = {
  list: procedure.input(nothing).output(z.array(datasetSummary)),
  get: procedure.input(z.object({ name: slug })).output(datasetDetail),
  /** A page of the samples that match a filter. */
  samples: procedure.input(sampleRequest).output(samplePage),
  /** How the values of a fact are distributed over the samples that match a filter. */
  histogram: procedure.input(histogramRequest).output(histogram),
  /** A page of the files that are not used. */
  broken: procedure.input(pageRequest).output(brokenPage),
  /** Reads the names and lists of a folder as an import would, without opening a video. */
  previewImport: procedure.input(importedFolder).output(datasetPreview),
  /** What a run, or a stage of a preset, takes of a sample in an epoch. */
  seenClip: procedure.input(seenClipRequest).output(seenClip),
  /** Consecutive frames of a video, at a size for the screen. */
  frames: procedure.input(framesRequest).output(framesPage),
  /** Imports a folder; files stay where they are. With `followLinks`, links are followed and each file is taken once. */
  import: procedure
    .input(importedFolder.extend({ name: slug, check: importCheck.default('full') }))
    .output(eventIterator(importEvent)),
  /** Writes the built-in dataset into the workspace and imports it. */
  importBuiltIn: procedure.input(z.object({ name: slug })).output(eventIterator(importEvent)),
  /** Reads the folder again, as the import did, as the next version of the dataset. Runs keep the version that they were launched with. */
  reimport: procedure.input(z.object({ name: slug })).output(eventIterator(reimportEvent)),
  versions: procedure.input(z.object({ name: slug })).output(datasetVersions),
  /** Draws the splits again, as a split set beside the others. Refused if the folder gave the splits. */
  split: procedure.input(splitRequest).output(drawnAgain),
  check: procedure.input(z.object({ name: slug })).output(datasetCheck),
  /** Decodes every video in the background: what was not decoded since it last changed, or with `again` everything. */
  verify: procedure.input(z.object({ name: slug, again: z.boolean().default(false) })).output(integritySummary),
  /** Ends the verification of a dataset. The next one goes on where it was. */
  cancelVerify: procedure.input(z.object({ name: slug })).output(integritySummary),
  /** What is known of the files of a dataset, now and after each change. */
  watchIntegrity: procedure.input(z.object({ name: slug })).output(eventIterator(integritySummary)),
  /** A page of the files with a verdict. */
  findings: procedure.input(findingsRequest).output(findingsPage),
  /** Leaves samples out of new runs. The dataset, its files and its digest stay. */
  exclude: procedure.input(exclusionRequest).output(integritySummary),
  /** Returns to the exclusions before the last change of them. */
  undoExclusion: procedure.input(z.object({ name: slug })).output(integritySummary),
  /** Lines of a CSV file with the verdicts on all samples and files, in pieces. */
  integrityReport: procedure.input(z.object({ name: slug })).output(eventIterator(z.string())),
  /** Removes the index. Refused while a pipeline uses it; the videos are not changed. */
  remove: procedure.input(z.object({ name: slug })).output(nothing),
  watch: procedure.input(nothing).output(eventIterator(datasetEvent)),
}
