import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { accessKey } from '../domain/access.ts'
import { alertRequest, alertsEvent, shownAlertRule } from '../domain/alert.ts'
import { machineCards } from '../domain/card.ts'
import { checkpoint, exportFormat, exportRecord, tensorFacts } from '../domain/checkpoint.ts'
import { slug } from '../domain/dataset.ts'
import { divergenceReport } from '../domain/divergence.ts'
import { engineVerdict } from '../domain/engine.ts'
import { runEnvironment } from '../domain/environment.ts'
import { importedModel, modelImportRequest, modelAnswers } from '../domain/imported-model.ts'
import { mediaItem } from '../domain/media.ts'
import { memoryEstimate } from '../domain/memory.ts'
import { metricAtStep, metricName, runTimes, seriesDelta } from '../domain/metric.ts'
import { modelRef } from '../domain/model-ref.ts'
import { organizationChange } from '../domain/organization.ts'
import { packedSeries } from '../domain/packed-series.ts'
import {
  launchedPipeline,
  type Pipeline,
  pipeline,
  pipelineRequest,
  preset,
  recovery,
  stageCost,
} from '../domain/pipeline.ts'
import { probeProgress, probeRecord, probeRequest } from '../domain/probe.ts'
import { queuedIds, queueMove, queueState, runPriority } from '../domain/queue.ts'
import { experimentReportRequest, reportFile, reportRequest } from '../domain/report.ts'
import { runExport, runExportRequest } from '../domain/run-export.ts'
import { runImport, runImportRequest } from '../domain/run-import.ts'
import { logLine, type Run, run, runFile } from '../domain/run.ts'
import { savedView } from '../domain/saved-view.ts'
import { workspaceSettings } from '../domain/settings.ts'
import { trashEntry, trashItem, trashPreview } from '../domain/trash.ts'
import { experimentPlan, experimentStageCost, phaseCost } from '../experiment/cost.ts'
import { experimentSummary } from '../experiment/progress.ts'
import { experimentRequest } from '../experiment/request.ts'
import { experimentDetail } from '../experiment/result.ts'
import { queryKeyFacts } from '../query/key.ts'
import { sweepPlan, sweepRequest } from '../sweep/request.ts'
import { frames, targets } from './caches.ts'
import { datasets } from './datasets.ts'
import { nothing, procedure } from './procedure.ts'

export type { DatasetEvent, ImportEvent, ReimportEvent } from './datasets.ts'

/** Items that were parsed when they were read. Checking thousands of them again takes longer than reading them. */
const parsedList = <T>() => z.custom<T[]>(Array.isArray, 'Expected a list.')

/** Progress of a long task, then its result. The last event has `type: 'done'`. */
const modelImportEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), done: z.int(), total: z.int(), tensor: z.string() }),
  z.object({ type: z.literal('done'), model: importedModel }),
])
const probeEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: probeProgress }),
  z.object({ type: z.literal('done'), probe: probeRecord }),
])
const costEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), cost: stageCost }),
  z.object({ type: z.literal('done'), stages: z.array(stageCost), warnings: z.array(z.string()) }),
])
const experimentCostEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), cost: experimentStageCost }),
  z.object({
    type: z.literal('done'),
    stages: z.array(experimentStageCost),
    phases: z.array(phaseCost),
    durationMs: z.number(),
    warnings: z.array(z.string()),
  }),
])
const experimentEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), experiments: z.array(experimentSummary) }),
  z.object({ type: z.literal('changed'), experiment: experimentSummary }),
  z.object({ type: z.literal('removed'), id: slug }),
])
const trashItems = z.object({ items: z.array(trashItem).min(1).max(10_000) })
const trashEntryIds = z.object({ entryIds: z.array(z.string()).min(1).max(10_000) })

const runsEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), runs: parsedList<Run>(), pipelines: parsedList<Pipeline>() }),
  z.object({ type: z.literal('changed'), run }),
  z.object({ type: z.literal('launched'), pipeline, runs: z.array(run) }),
  /** The organization of a pipeline, or the list of its runs, changed. */
  z.object({ type: z.literal('pipeline-changed'), pipeline }),
  /** Runs and pipelines were moved to the trash. */
  z.object({ type: z.literal('removed'), runIds: z.array(z.string()), pipelineIds: z.array(z.string()) }),
])
export type ModelImportEvent = z.infer<typeof modelImportEvent>
export type ProbeEvent = z.infer<typeof probeEvent>
export type CostEvent = z.infer<typeof costEvent>
export type ExperimentCostEvent = z.infer<typeof experimentCostEvent>
export type ExperimentEvent = z.infer<typeof experimentEvent>
export type RunsEvent = z.infer<typeof runsEvent>

/** The runs that an event describes. */
export const runsOfEvent = (event: RunsEvent): Run[] =>
  'runs' in event ? event.runs : 'run' in event ? [event.run] : []

/** Deltas of followed runs: metric points, log lines, pictures and checkpoints since the snapshot of the caller. */
const followEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('points'), series: z.array(seriesDelta) }),
  /** An attempt began: points after `fromStep` are superseded, so fetch the series again. */
  z.object({ type: z.literal('rewound'), runId: z.string(), fromStep: z.int() }),
  z.object({ type: z.literal('log'), runId: z.string(), lines: z.array(logLine) }),
  z.object({ type: z.literal('media'), runId: z.string(), item: mediaItem }),
  z.object({ type: z.literal('checkpoint'), runId: z.string(), checkpoint }),
])
export type FollowEvent = z.infer<typeof followEvent>

const directoryEntry = z.object({ name: z.string(), path: z.string(), isDirectory: z.boolean() })
export const systemInfo = z.object({
  version: z.string(),
  node: z.string(),
  platform: z.string(),
  workspace: z.string(),
  shell: z.enum(['electron', 'browser']),
  cpus: z.int(),
  memoryBytes: z.int(),
})
export type SystemInfo = z.infer<typeof systemInfo>

/** Files that the window lists when a folder is chosen. */
const browsedFiles = z.enum(['videos', 'checkpoints', 'runs'])
export type BrowsedFiles = z.infer<typeof browsedFiles>

/** All procedures that the window and the command line call. */
export const contract = {
  datasets,
  pipelines: {
    presets: procedure.input(nothing).output(z.array(preset)),
    /** Checks a request like `launch`, without launching. Warnings name valid settings that may not do what the user expects. */
    check: procedure.input(pipelineRequest).output(z.object({ warnings: z.array(z.string()) })),
    /** Computes the memory that each stage will take, without running it. */
    memory: procedure.input(pipelineRequest).output(memoryEstimate),
    /** Measures three real steps of each stage. */
    cost: procedure.input(pipelineRequest).output(eventIterator(costEvent)),
    launch: procedure.input(pipelineRequest).output(launchedPipeline),
    /** Expands a sweep and checks each of its pipelines, without launching. The error names all that cannot be launched. */
    checkSweep: procedure.input(sweepRequest).output(sweepPlan),
    /** Launches all pipelines of a sweep, or none if one of them cannot be launched. */
    sweep: procedure.input(sweepRequest).output(z.array(launchedPipeline)),
    /** The request that launches the pipeline of a run, or a pipeline, again, and what has changed since it was launched. */
    /** Removes its queued runs from the queue and pauses those that compute. Returns these runs; `queue.restore` undoes it. */
    cancel: procedure.input(z.object({ id: z.string() })).output(z.array(run)),
    requestOf: procedure
      .input(z.object({ id: z.string() }))
      .output(z.object({ request: pipelineRequest, differences: z.array(z.string()) })),
    /** The request that launches what is left of the pipeline of a diverged run, from its last good checkpoint with a lower rate. */
    recovery: procedure
      .input(z.object({ id: z.string(), rateFactor: z.number().gt(0).lt(1).default(0.5) }))
      .output(recovery),
  },
  experiments: {
    /** Oldest first. */
    list: procedure.input(nothing).output(z.array(experimentSummary)),
    /** An experiment with its outcome so far. */
    get: procedure.input(z.object({ id: slug })).output(experimentDetail),
    /** Checks a request like `launch` and counts its runs, without launching. The error names all that cannot be launched. */
    plan: procedure.input(experimentRequest).output(experimentPlan),
    /** Measures three real steps of every stage on every label set, and sums them over the runs of each phase. */
    cost: procedure.input(experimentRequest).output(eventIterator(experimentCostEvent)),
    /** Stores the experiment and queues the runs of its first phases; the others follow by themselves. */
    launch: procedure.input(experimentRequest).output(experimentSummary),
    /** Stops its runs and launches nothing more until it is resumed. */
    stop: procedure.input(z.object({ id: slug })).output(experimentSummary),
    /** Queues its runs that have not finished again, and launches what is missing. */
    resume: procedure.input(z.object({ id: slug })).output(experimentSummary),
    /** Forgets an experiment whose runs are neither queued nor running. Its runs stay. */
    remove: procedure.input(z.object({ id: slug })).output(nothing),
    /** Writes a report on an experiment into a file. */
    report: procedure.input(experimentReportRequest).output(reportFile),
    /** A snapshot, then every change to an experiment or one of its runs. */
    watch: procedure.input(nothing).output(eventIterator(experimentEvent)),
  },
  runs: {
    list: procedure.input(nothing).output(parsedList<Run>()),
    /** Ids of the runs that match a filter, oldest first, and a sentence for everything in it that was not understood. */
    search: procedure
      .input(z.object({ query: z.string().max(100_000) }))
      .output(z.object({ ids: z.array(z.string()), problems: z.array(z.string()) })),
    /** Every key by which runs can be searched. */
    keys: procedure.input(nothing).output(z.array(queryKeyFacts)),
    get: procedure.input(z.object({ id: z.string() })).output(z.object({ run, file: runFile.nullable(), pipeline })),
    /** Saves and ends the process of a run that computes; it is paused then, and continues with the same bits when it is resumed. */
    pause: procedure.input(z.object({ id: z.string() })).output(run),
    /** Writes a checkpoint after the next step. The run goes on. */
    save: procedure.input(z.object({ id: z.string() })).output(run),
    /** Saves and ends a run that computes; removes one that waits from the queue. */
    stop: procedure.input(z.object({ id: z.string() })).output(run),
    /** Ends the process of a run at once. What it computed after its last checkpoint is lost. */
    end: procedure.input(z.object({ id: z.string() })).output(run),
    /** Puts a run in front of the queue and, before it, the runs that it waits for. One that is about to stop follows when it has saved. */
    resume: procedure.input(z.object({ id: z.string() })).output(run),
    /** Resumes what is left of a pipeline, in order. Returns all of its runs. */
    resumePipeline: procedure.input(z.object({ id: z.string() })).output(z.array(run)),
    /** The last `limit` lines. */
    log: procedure.input(z.object({ id: z.string(), limit: z.int().max(5000).default(1000) })).output(z.array(logLine)),
    /** The last lines that the process of a run printed, without those of its decoders. */
    output: procedure
      .input(z.object({ id: z.string(), limit: z.int().min(1).max(5000).default(2000) }))
      .output(z.object({ lines: z.array(z.string()) })),
    media: procedure.input(z.object({ id: z.string() })).output(z.array(mediaItem)),
    /** What is known of the step at which a run diverged; null if its process wrote no report. */
    divergence: procedure.input(z.object({ id: z.string() })).output(divergenceReport.nullable()),
    /** Writes runs into a folder in a format of another program. */
    export: procedure.input(runExportRequest).output(runExport),
    /** Reads runs of another program into the workspace, or says what there is to read. */
    import: procedure.input(runImportRequest).output(runImport),
    /** Where some runs computed, and from which code and data, in the order of the ids. */
    environments: procedure.input(z.object({ ids: z.array(z.string()).max(200) })).output(z.array(runEnvironment)),
    /** A snapshot, then every change to any run. */
    watch: procedure.input(nothing).output(eventIterator(runsEvent)),
    /** Deltas of some runs from now on. Subscribe first, then fetch the snapshots, and drop what overlaps. */
    follow: procedure.input(z.object({ ids: z.array(z.string()).max(10_000) })).output(eventIterator(followEvent)),
  },
  queue: {
    get: procedure.input(nothing).output(queueState),
    /** The queue, and again when it has changed. */
    watch: procedure.input(nothing).output(eventIterator(queueState)),
    /** Moves queued runs before another one of the same priority, or to the end. */
    move: procedure.input(queueMove).output(queueState),
    /** Keeps queued runs from starting until they are released. */
    hold: procedure.input(queuedIds).output(queueState),
    release: procedure.input(queuedIds).output(queueState),
    /** Sets the priority of queued runs; each comes to the end of it. */
    prioritize: procedure.input(queuedIds.extend({ priority: runPriority })).output(queueState),
    /** Undoes `pipelines.cancel`: runs that were removed from the queue are where they were, and those that were paused are resumed. */
    restore: procedure.input(queuedIds).output(z.array(run)),
  },
  organization: {
    /**
     * Changes names, tags, notes, colours, stars and archive marks of runs and pipelines: all of them or, if one is refused, none.
     * Returns the previous values of what was set, with which the same procedure undoes the change.
     */
    change: procedure
      .input(z.object({ items: z.array(organizationChange).min(1).max(10_000) }))
      .output(z.object({ previous: z.array(organizationChange) })),
  },
  trash: {
    /** What of these runs and pipelines can be moved to the trash, what that would free when it is purged, and what stays and why. */
    preview: procedure.input(trashItems).output(trashPreview),
    /** Moves runs and pipelines to the trash: all or, if one is queued, running or needed by a run that stays, none. */
    put: procedure.input(trashItems).output(z.array(trashEntry)),
    /** Newest first. */
    list: procedure.input(nothing).output(z.array(trashEntry)),
    /** Moves entries back. Warnings name what the restored runs need and lack. */
    restore: procedure
      .input(trashEntryIds)
      .output(z.object({ entries: z.array(trashEntry), warnings: z.array(z.string()) })),
    /** Deletes entries for good. Returns the bytes that this freed. */
    purge: procedure.input(trashEntryIds).output(z.object({ bytes: z.int() })),
  },
  views: {
    /** In the order in which they were saved. */
    list: procedure.input(nothing).output(z.array(savedView)),
    /** Adds a view, or with `replace` overwrites the one of that page and name. Returns all views. */
    save: procedure
      .input(z.object({ view: savedView, replace: z.boolean().default(false) }))
      .output(z.array(savedView)),
    remove: procedure
      .input(savedView.pick({ page: true, name: true }))
      .output(z.object({ view: savedView, index: z.int() })),
    /** Adds a removed view again, in its position. Returns all views. */
    restore: procedure.input(z.object({ view: savedView, index: z.int().nonnegative() })).output(z.array(savedView)),
  },
  reports: {
    /** Writes a report on some runs into a file. */
    make: procedure.input(reportRequest).output(reportFile),
  },
  metrics: {
    /** Curves in at most `maxBuckets` buckets over the steps `from`..`to`; every metric if `names` is absent. */
    series: procedure
      .input(
        z.object({
          runIds: z.array(z.string()).max(200),
          names: z.array(metricName).optional(),
          from: z.int().nonnegative().optional(),
          to: z.int().nonnegative().optional(),
          maxBuckets: z.int().min(16).max(10_000).default(1000),
          /** Whether the smallest and largest value of each bucket are needed. */
          hasRanges: z.boolean().default(true),
        }),
      )
      .output(z.array(packedSeries)),
    /** The last value of a metric up to a step, of each run that has one. */
    atStep: procedure
      .input(
        z.object({ name: metricName, step: z.int().nonnegative(), runIds: z.array(z.string()).min(1).max(10_000) }),
      )
      .output(z.array(metricAtStep)),
    /** When the steps of runs were computed, for curves over time. */
    times: procedure.input(z.object({ runIds: z.array(z.string()).max(200) })).output(z.array(runTimes)),
  },
  checkpoints: {
    list: procedure.input(z.object({ runId: z.string().optional() })).output(z.array(checkpoint)),
    inspect: procedure
      .input(z.object({ id: z.string() }))
      .output(z.object({ checkpoint, tensors: z.array(tensorFacts) })),
    /** Exports a model; `id` is that of a checkpoint or the name of an imported model. */
    export: procedure
      .input(
        z.object({ id: z.string(), format: exportFormat, to: z.string().min(1), force: z.boolean().default(false) }),
      )
      .output(exportRecord),
    /** Exports of a checkpoint or an imported model, newest first. */
    exports: procedure.input(z.object({ id: z.string() })).output(z.array(exportRecord)),
  },
  models: {
    /** Sorted by name. */
    list: procedure.input(nothing).output(z.array(importedModel)),
    inspect: procedure
      .input(z.object({ name: slug }))
      .output(z.object({ model: importedModel, tensors: z.array(tensorFacts) })),
    /** Copies a model from a file or folder into the workspace; the source is only read. */
    import: procedure.input(modelImportRequest).output(eventIterator(modelImportEvent)),
    /** Sets facts that could not be inferred from the file. */
    describe: procedure.input(modelAnswers.extend({ name: slug })).output(importedModel),
    /** Removes the copy. Refused while a run that has not finished needs it. */
    remove: procedure.input(z.object({ name: slug })).output(nothing),
  },
  probes: {
    /** Newest first: those of one model, or all. */
    list: procedure.input(z.object({ model: modelRef.optional() })).output(z.array(probeRecord)),
    /** Probes a frozen encoder. Cancelled when the caller closes the stream. */
    run: procedure.input(probeRequest).output(eventIterator(probeEvent)),
  },
  settings: {
    get: procedure.input(nothing).output(workspaceSettings),
    /** Replaces the settings of the workspace. */
    set: procedure.input(workspaceSettings).output(workspaceSettings),
  },
  frames,
  targets,
  /** Notifications of what happens to runs. */
  alerts: {
    /** Oldest first, without the addresses of webhooks. */
    list: procedure.input(nothing).output(z.array(shownAlertRule)),
    add: procedure.input(alertRequest).output(shownAlertRule),
    remove: procedure.input(z.object({ id: z.string() })).output(nothing),
    /** Delivers a test. `problem` is null if it arrived. */
    test: procedure.input(z.object({ id: z.string() })).output(z.object({ problem: z.string().nullable() })),
    /** The rules and every change to them, and notifications for a window to show. */
    watch: procedure.input(nothing).output(eventIterator(alertsEvent)),
  },
  /** Browsers that may open the studio. */
  access: {
    /** Newest first. */
    list: procedure.input(nothing).output(z.array(accessKey)),
    /** Revokes keys, all if none are named. Their pages are disconnected. Returns how many there were. */
    revoke: procedure.input(z.object({ ids: z.array(z.string()).optional() })).output(z.object({ revoked: z.int() })),
    /** A link that gives one browser access. */
    link: procedure.input(nothing).output(z.object({ link: z.string() })),
  },
  system: {
    info: procedure.input(nothing).output(systemInfo),
    /** The NVIDIA cards of this machine now, with the runs that compute on them. */
    cards: procedure.input(nothing).output(machineCards),
    /** Every engine with its last trial on this machine. Tries engines that have none, or with `again` all. */
    engines: procedure.input(z.object({ again: z.boolean().default(false) })).output(z.array(engineVerdict)),
    /** Folders of a directory, and its video or checkpoint files, to choose what to import. The default path is the home directory. */
    browse: procedure
      .input(z.object({ path: z.string().optional(), files: browsedFiles.default('videos') }))
      .output(z.object({ path: z.string(), parent: z.string().nullable(), entries: z.array(directoryEntry) })),
  },
}
export type Contract = typeof contract
