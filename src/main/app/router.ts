import { ValidationError } from '@orpc/contract'
import { AsyncIteratorClass, implement } from '@orpc/server'
import { contract } from '#contract/api/contract.ts'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import type { Keys } from '../access/keys.ts'
import type { Alerts } from '../alerts/service.ts'
import type { Caches } from '../caches/open-caches.ts'
import type { Checkpoints } from '../checkpoints/service.ts'
import type { Datasets } from '../datasets/service.ts'
import type { ExperimentReports } from '../experiments/report.ts'
import type { Experiments } from '../experiments/service.ts'
import type { RunImports } from '../interop/import-service.ts'
import type { RunExports } from '../interop/service.ts'
import type { Metrics } from '../metrics/service.ts'
import type { Models } from '../models/service.ts'
import type { Organizations } from '../organization/service.ts'
import type { Recoveries } from '../pipelines/recovery.ts'
import type { Pipelines } from '../pipelines/service.ts'
import type { Probes } from '../probes/service.ts'
import type { Reports } from '../reports/service.ts'
import type { QueueService } from '../runs/queue-service.ts'
import type { Runs } from '../runs/service.ts'
import type { Settings } from '../settings/service.ts'
import type { System } from '../system/service.ts'
import type { Trash } from '../trash/service.ts'
import type { SavedViews } from '../views/service.ts'

export interface Services {
  readonly datasets: Datasets
  readonly pipelines: Pipelines
  readonly recoveries: Recoveries
  readonly experiments: Experiments
  readonly experimentReports: ExperimentReports
  readonly runs: Runs
  readonly queue: QueueService
  readonly reports: Reports
  readonly runExports: RunExports
  readonly runImports: RunImports
  readonly organizations: Organizations
  readonly trash: Trash
  readonly views: SavedViews
  readonly metrics: Metrics
  readonly checkpoints: Checkpoints
  readonly models: Models
  readonly probes: Probes
  readonly settings: Settings
  readonly caches: Caches
  readonly alerts: Alerts
  readonly system: System
  readonly keys: Keys
}

/** Who calls. */
export interface CallContext {
  /** True for a page in a browser, which has a key; absent for the desktop window and the command line of the user. */
  readonly isBrowser?: boolean
}

export type Router = ReturnType<typeof createRouter>

/** Implements the contract with the services. Every error leaves as `STUDIO` with a report for the user. */
export function createRouter(services: Services) {
  const {
    datasets,
    pipelines,
    recoveries,
    experiments,
    experimentReports,
    runs,
    queue,
    organizations,
    trash,
    views,
    runExports,
    runImports,
    metrics,
    checkpoints,
    models,
    probes,
    settings,
    caches,
    alerts,
    system,
    reports,
    keys,
  } = services
  const api = implement(contract)
    .$context<CallContext>()
    .use(async ({ next, errors }, _input, output) => {
      const refuse = (cause: unknown) => {
        const error = asStudioError(cause)
        return errors.STUDIO({ data: error.report(), message: error.message, cause })
      }
      try {
        const result = await next()
        return result.output instanceof AsyncIteratorClass ? await output(refuseWithin(result.output, refuse)) : result
      } catch (cause) {
        throw refuse(cause)
      }
    })

  return api.router({
    datasets: {
      list: api.datasets.list.handler(() => datasets.list()),
      get: api.datasets.get.handler(({ input }) => datasets.get(input.name)),
      samples: api.datasets.samples.handler(({ input }) => datasets.samples(input)),
      histogram: api.datasets.histogram.handler(({ input }) => datasets.histogram(input)),
      broken: api.datasets.broken.handler(({ input }) => datasets.broken(input)),
      previewImport: api.datasets.previewImport.handler(({ input, signal }) => datasets.imports.preview(input, signal)),
      seenClip: api.datasets.seenClip.handler(({ input, signal }) => pipelines.seenClips.see(input, signal)),
      frames: api.datasets.frames.handler(({ input, signal }) => datasets.frames(input, signal)),
      import: api.datasets.import.handler(({ input, signal }) => datasets.imports.import(input, signal)),
      importBuiltIn: api.datasets.importBuiltIn.handler(({ input, signal }) =>
        datasets.imports.importBuiltIn(input.name, signal),
      ),
      reimport: api.datasets.reimport.handler(({ input, signal }) => datasets.imports.reimport(input.name, signal)),
      versions: api.datasets.versions.handler(({ input }) => datasets.versions(input.name)),
      split: api.datasets.split.handler(({ input }) => datasets.split(input)),
      check: api.datasets.check.handler(({ input, signal }) => datasets.check(input.name, signal)),
      verify: api.datasets.verify.handler(({ input }) => datasets.integrity.verify(input.name, input.again)),
      cancelVerify: api.datasets.cancelVerify.handler(({ input }) => datasets.integrity.cancel(input.name)),
      watchIntegrity: api.datasets.watchIntegrity.handler(({ input, signal }) =>
        datasets.integrity.watch(input.name, signal),
      ),
      findings: api.datasets.findings.handler(({ input }) => datasets.integrity.findings(input)),
      exclude: api.datasets.exclude.handler(({ input }) => datasets.integrity.exclude(input)),
      undoExclusion: api.datasets.undoExclusion.handler(({ input }) => datasets.integrity.undo(input.name)),
      integrityReport: api.datasets.integrityReport.handler(({ input, signal }) =>
        datasets.integrity.report(input.name, signal),
      ),
      remove: api.datasets.remove.handler(async ({ input }) => {
        await datasets.remove(input.name)
        return {}
      }),
      watch: api.datasets.watch.handler(({ signal }) => datasets.watch(signal)),
    },
    pipelines: {
      presets: api.pipelines.presets.handler(() => pipelines.presets()),
      check: api.pipelines.check.handler(({ input }) => pipelines.check(input)),
      memory: api.pipelines.memory.handler(({ input, signal }) => pipelines.memory(input, signal)),
      cost: api.pipelines.cost.handler(({ input, signal }) => pipelines.cost(input, signal)),
      launch: api.pipelines.launch.handler(({ input }) => pipelines.launch(input)),
      checkSweep: api.pipelines.checkSweep.handler(({ input }) => pipelines.checkSweep(input)),
      sweep: api.pipelines.sweep.handler(({ input }) => pipelines.sweep(input)),
      recovery: api.pipelines.recovery.handler(({ input, signal }) =>
        recoveries.of(input.id, input.rateFactor, signal),
      ),
      cancel: api.pipelines.cancel.handler(({ input }) => runs.cancelPipeline(input.id)),
      requestOf: api.pipelines.requestOf.handler(({ input }) => pipelines.requestOf(input.id)),
    },
    experiments: {
      list: api.experiments.list.handler(() => experiments.list()),
      get: api.experiments.get.handler(({ input }) => experiments.get(input.id)),
      plan: api.experiments.plan.handler(({ input }) => experiments.plan(input)),
      cost: api.experiments.cost.handler(({ input, signal }) => experiments.cost(input, signal)),
      launch: api.experiments.launch.handler(({ input }) => experiments.launch(input)),
      stop: api.experiments.stop.handler(({ input }) => experiments.stop(input.id)),
      resume: api.experiments.resume.handler(({ input }) => experiments.resume(input.id)),
      remove: api.experiments.remove.handler(async ({ input }) => {
        await experiments.remove(input.id)
        return {}
      }),
      report: api.experiments.report.handler(({ input }) => experimentReports.make(input)),
      watch: api.experiments.watch.handler(({ signal }) => experiments.watch(signal)),
    },
    runs: {
      list: api.runs.list.handler(() => runs.list()),
      search: api.runs.search.handler(({ input }) => runs.search(input.query)),
      keys: api.runs.keys.handler(() => runs.keys()),
      get: api.runs.get.handler(({ input }) => runs.get(input.id)),
      pause: api.runs.pause.handler(({ input }) => runs.pause(input.id)),
      save: api.runs.save.handler(({ input }) => runs.save(input.id)),
      stop: api.runs.stop.handler(({ input }) => runs.stop(input.id)),
      end: api.runs.end.handler(({ input }) => runs.end(input.id)),
      resume: api.runs.resume.handler(({ input }) => runs.resume(input.id)),
      resumePipeline: api.runs.resumePipeline.handler(({ input }) => runs.resumePipeline(input.id)),
      log: api.runs.log.handler(({ input }) => runs.log(input.id, input.limit)),
      output: api.runs.output.handler(({ input }) => ({ lines: runs.output(input.id, input.limit) })),
      media: api.runs.media.handler(({ input }) => runs.media(input.id)),
      export: api.runs.export.handler(({ input, signal }) => runExports.export(input, signal)),
      import: api.runs.import.handler(({ input, signal }) => runImports.import(input, signal)),
      divergence: api.runs.divergence.handler(({ input }) => runs.divergence(input.id)),
      environments: api.runs.environments.handler(({ input }) => runs.environments(input.ids)),
      watch: api.runs.watch.handler(({ signal }) => runs.watch(signal)),
      follow: api.runs.follow.handler(({ input, signal }) => runs.follow(input.ids, signal)),
    },
    queue: {
      get: api.queue.get.handler(() => queue.get()),
      watch: api.queue.watch.handler(({ signal }) => queue.watch(signal)),
      move: api.queue.move.handler(({ input }) => queue.move(input)),
      hold: api.queue.hold.handler(({ input }) => queue.hold(input.ids)),
      release: api.queue.release.handler(({ input }) => queue.release(input.ids)),
      prioritize: api.queue.prioritize.handler(({ input }) => queue.prioritize(input.ids, input.priority)),
      restore: api.queue.restore.handler(({ input }) => runs.restore(input.ids)),
    },
    organization: {
      change: api.organization.change.handler(({ input }) => organizations.change(input.items)),
    },
    trash: {
      preview: api.trash.preview.handler(({ input }) => trash.preview(input.items)),
      put: api.trash.put.handler(({ input }) => trash.put(input.items)),
      list: api.trash.list.handler(() => trash.list()),
      restore: api.trash.restore.handler(({ input }) => trash.restore(input.entryIds)),
      purge: api.trash.purge.handler(({ input }) => trash.purge(input.entryIds)),
    },
    views: {
      list: api.views.list.handler(() => views.list()),
      save: api.views.save.handler(({ input }) => views.save(input.view, input.replace)),
      remove: api.views.remove.handler(({ input }) => views.remove(input)),
      restore: api.views.restore.handler(({ input }) => views.restore(input.view, input.index)),
    },
    reports: {
      make: api.reports.make.handler(({ input }) => reports.make(input)),
    },
    metrics: {
      series: api.metrics.series.handler(({ input }) => metrics.packed(input)),
      atStep: api.metrics.atStep.handler(({ input }) => metrics.atStep(input.name, input.step, input.runIds)),
      times: api.metrics.times.handler(({ input }) => metrics.times(input.runIds)),
    },
    checkpoints: {
      list: api.checkpoints.list.handler(({ input }) => checkpoints.list(input.runId)),
      inspect: api.checkpoints.inspect.handler(({ input, signal }) => checkpoints.inspect(input.id, signal)),
      export: api.checkpoints.export.handler(({ input, signal }) => checkpoints.export(input, signal)),
      exports: api.checkpoints.exports.handler(({ input }) => checkpoints.exports(input.id)),
    },
    models: {
      list: api.models.list.handler(() => models.list()),
      inspect: api.models.inspect.handler(({ input, signal }) => models.inspect(input.name, signal)),
      import: api.models.import.handler(({ input, signal }) => models.import(input, signal)),
      describe: api.models.describe.handler(({ input: { name, ...answers } }) => models.describe(name, answers)),
      remove: api.models.remove.handler(({ input }) => {
        models.remove(input.name)
        return {}
      }),
    },
    probes: {
      list: api.probes.list.handler(({ input }) => probes.list(input.model)),
      run: api.probes.run.handler(({ input, signal }) => probes.run(input, signal)),
    },
    settings: {
      get: api.settings.get.handler(() => settings.get()),
      set: api.settings.set.handler(({ input }) => settings.set(input)),
    },
    frames: {
      usage: api.frames.usage.handler(() => caches.frames.usage()),
      clear: api.frames.clear.handler(() => caches.frames.clear()),
      warm: api.frames.warm.handler(({ input, signal }) =>
        caches.frameWarming.warm(input.dataset, input.imageSize, signal),
      ),
    },
    targets: {
      usage: api.targets.usage.handler(() => caches.targets.usage()),
      clear: api.targets.clear.handler(() => caches.targets.clear()),
    },
    alerts: {
      list: api.alerts.list.handler(() => alerts.list()),
      add: api.alerts.add.handler(({ input, context }) => alerts.add(input, context)),
      remove: api.alerts.remove.handler(({ input }) => {
        alerts.remove(input.id)
        return {}
      }),
      test: api.alerts.test.handler(async ({ input }) => ({ problem: await alerts.test(input.id) })),
      watch: api.alerts.watch.handler(({ signal }) => alerts.watch(signal)),
    },
    access: {
      list: api.access.list.handler(() => keys.list()),
      revoke: api.access.revoke.handler(({ input }) => ({ revoked: keys.revoke(input.ids) })),
      link: api.access.link.handler(() => ({ link: keys.makeLink() })),
    },
    system: {
      info: api.system.info.handler(() => system.info()),
      cards: api.system.cards.handler(() => system.cards()),
      engines: api.system.engines.handler(({ input, signal }) => system.engines(input.again, signal)),
      browse: api.system.browse.handler(({ input }) => system.browse(input.path, input.files)),
    },
  })
}

/** Names the fields of a request that does not fit its schema. */
function asStudioError(cause: unknown): StudioError {
  const validation = cause instanceof Error ? cause.cause : undefined
  if (!(validation instanceof ValidationError)) return toStudioError(cause)
  const isConfiguration = validation.issues.some((issue) => issue.path?.[0] === 'configuration')
  const issues = validation.issues.map((issue) => ({
    message: issue.message,
    path: isConfiguration ? issue.path?.slice(1) : issue.path,
  }))
  return new StudioError(
    isConfiguration ? 'configuration-invalid' : 'bad-request',
    describeIssues(issues),
    'Correct these fields and try again.',
    { cause },
  )
}

function refuseWithin<T, R, N>(
  events: AsyncIteratorClass<T, R, N>,
  refuse: (cause: unknown) => Error,
): AsyncIteratorClass<T, R, N> {
  const next = async () => {
    try {
      return await events.next()
    } catch (cause) {
      throw refuse(cause)
    }
  }
  return new AsyncIteratorClass<T, R, N>(next, async () => {
    await events.return()
  })
}
