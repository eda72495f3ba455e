import { existsSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { type OrganizationChange, unorganized } from '#contract/domain/organization.ts'
import type { Pipeline, PipelineFile } from '#contract/domain/pipeline.ts'
import {
  importedPreset,
  type ImportedRun,
  type RunImport,
  type RunImportFormat,
  runImportFormatFacts,
  type RunImportRequest,
} from '#contract/domain/run-import.ts'
import type { LogLine } from '#contract/domain/run.ts'
import { formatList, formatQuantity } from '#contract/format.ts'
import { nameProblem } from '#contract/portable-name.ts'
import type { Stage } from '#contract/stages/index.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import { addPipeline, type PipelineTables } from '../pipelines/indexing.ts'
import { PipelineStore } from '../pipelines/store.ts'
import type { RunLedger } from '../runs/ledger.ts'
import { indexParameters } from '../runs/search.ts'
import type { ForeignRun, ForeignRuns } from './foreign-run.ts'
import { changeSince, importLines, timesOf, wholeRun } from './import-events.ts'
import { ImportStore } from './import-store.ts'
import { isSqlite, readMlflow } from './mlflow-reader.ts'
import { hasEventFiles, readTensorBoard } from './tensorboard-reader.ts'

export interface RunImportsOptions {
  readonly workspace: WorkspacePaths
  readonly tables: PipelineTables
  readonly ledger: RunLedger
  readonly organize: (changes: readonly OrganizationChange[]) => unknown
  /** A run was imported. */
  readonly onImport: (pipelineId: string) => void
  /** New points of a run were imported: those after a step replace the earlier ones. */
  readonly onChange: (runId: string, fromStep: number) => void
}

const readers: Readonly<Record<RunImportFormat, (path: string, signal?: AbortSignal) => Promise<ForeignRuns>>> = {
  tensorboard: readTensorBoard,
  mlflow: readMlflow,
}

/** Reads runs of other programs into the workspace. */
export class RunImports {
  readonly #options: RunImportsOptions
  readonly #store: ImportStore
  readonly #pipelines: PipelineStore
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: RunImportsOptions) {
    this.#options = options
    this.#store = new ImportStore(options.workspace)
    this.#pipelines = new PipelineStore(options.workspace)
  }

  /**
   * Imports runs, one after the other: a cancelled import keeps those that were complete. A run that was imported before gets only
   * what has changed.
   * @throws StudioError `bad-request` for a path without runs, an unknown name, or a new run without a stage
   */
  async import(request: RunImportRequest, signal?: AbortSignal): Promise<RunImport> {
    const work = this.#last.then(() => this.#import(request, signal))
    this.#last = work.catch(() => undefined)
    return await work
  }

  async #import(
    { names, dryRun, stage, dataset, ...given }: RunImportRequest,
    signal?: AbortSignal,
  ): Promise<RunImport> {
    const path = await requirePath(given.path)
    const format = given.format ?? (await recognise(path))
    const { runs, notes } = await readers[format](path, signal)
    const chosen = chosenRuns(runs, names, path)
    if (chosen.length === 0)
      throw new StudioError(
        'bad-request',
        format === 'tensorboard' ? `${path} has no event files.` : `${path} has no active runs.`,
        format === 'tensorboard'
          ? 'Give a folder with files whose names contain "tfevents".'
          : 'Restore runs that were deleted in MLflow first.',
      )
    const known = new Map(
      this.#options.tables.pipelines
        .list()
        .flatMap((pipeline) =>
          pipeline.imported?.format === format ? [[pipeline.imported.key, pipeline] as const] : [],
        ),
    )
    const found = chosen.filter(({ source }) => !known.has(source.key))
    if (!dryRun && stage === undefined && found.length > 0)
      throw new StudioError(
        'bad-request',
        `${formatQuantity(found.length, 'run')} ${found.length === 1 ? 'is' : 'are'} new, and the files do not say with which stage to compare ${found.length === 1 ? 'it' : 'them'}.`,
        'Choose a stage; on the command line with --stage.',
      )
    const imported: ImportedRun[] = []
    for (const run of chosen) {
      signal?.throwIfAborted()
      const earlier = known.get(run.source.key)
      imported.push(
        earlier === undefined
          ? await this.#add(run, dryRun ? undefined : stage, dataset, signal)
          : await this.#update(run, earlier, dryRun, signal),
      )
    }
    return { format, runs: imported, notes: [...notes] }
  }

  async #add(run: ForeignRun, stage: Stage | undefined, dataset: string, signal?: AbortSignal): Promise<ImportedRun> {
    const change = wholeRun(run)
    const described = { ...describe(run), state: 'new', newPoints: change.points } as const
    if (stage === undefined) return { ...described, id: null }
    const { tables, ledger, organize, onImport } = this.#options
    const { source } = run
    const id = freeId(source.name, (name) => nameProblem(name) !== undefined || this.#pipelines.has(name))
    const runId = `${id}.${stage}`
    const document: PipelineFile = {
      dataset,
      preset: importedPreset,
      configuration: null,
      imported: source,
      id,
      labels: null,
      createdAt: new Date(timesOf(run).startedMs).toISOString(),
      datasetDigest: '',
      runIds: [runId],
    }
    await this.#store.create(document, runId, importLines(run, change, logOf(run, 'Imported')), signal)
    tables.database.transaction(() => {
      addPipeline(tables, document, new Map([[runId, undefined]]))
      const record = ledger.readRecord(runId)
      if (record !== undefined) tables.runs.setProcess(runId, record)
      // From here on the scheduler leaves it alone.
      tables.runs.setStatus(runId, 'imported', null)
    })()
    await ledger.readImport(runId)
    const name = displayName(source.name)
    if (name !== id || run.note !== '')
      organize([
        {
          kind: 'pipeline',
          id,
          set: { ...unorganized, name: name === '' ? null : name, note: run.note.slice(0, 10_000) },
        },
      ])
    onImport(id)
    return { ...described, id: runId }
  }

  async #update(run: ForeignRun, pipeline: Pipeline, dryRun: boolean, signal?: AbortSignal): Promise<ImportedRun> {
    const [runId] = pipeline.runIds
    if (runId === undefined || !this.#store.isPresent(runId))
      throw new StudioError(
        'run-state',
        `The run ${runId ?? pipeline.id} was imported from ${run.source.path}, and its folder is gone.`,
        'Restore the folder from a backup, or move the run to the trash and import it again.',
      )
    const change = await changeSince(this.#store.eventsFile(runId), run, signal)
    const { organization: _organization, ...document } = pipeline
    const isDescribed = JSON.stringify(document.imported) === JSON.stringify(run.source)
    const result: ImportedRun = {
      ...describe(run),
      id: runId,
      state: change === undefined && isDescribed ? 'unchanged' : 'changed',
      newPoints: change?.points ?? 0,
    }
    if (dryRun || result.state === 'unchanged') return result
    const { tables, ledger, onImport, onChange } = this.#options
    if (change !== undefined) {
      await this.#store.append(runId, importLines(run, change, logOf(run, 'Imported again')))
      await ledger.readImport(runId)
      tables.runs.setStatus(runId, 'imported', null)
      onChange(runId, change.fromStep)
    }
    if (!isDescribed) {
      const changed = { ...document, imported: run.source }
      this.#store.writePipeline(changed)
      tables.database.transaction(() => {
        tables.pipelines.put(changed)
        indexParameters(tables.database, pipeline.id, true)
      })()
      onImport(pipeline.id)
    }
    return result
  }
}

async function requirePath(path: string): Promise<string> {
  if (!isAbsolute(path))
    throw new StudioError(
      'bad-request',
      `The path "${path}" to import from is not absolute.`,
      'Give the whole path, beginning with the root of the file system.',
    )
  if (!existsSync(path)) throw new StudioError('not-found', `There is no file or folder ${path}.`, 'Check the path.')
  return await realpath(path)
}

/** The format of a path, from its files. */
async function recognise(path: string): Promise<RunImportFormat> {
  const isFolder = (await stat(path)).isDirectory()
  if (!isFolder) return (await isSqlite(path)) ? 'mlflow' : 'tensorboard'
  if (await hasEventFiles(path)) return 'tensorboard'
  const store = ['mlflow.db', 'mlruns.db'].find((name) => existsSync(join(path, name)))
  throw new StudioError(
    'bad-request',
    `${path} has no event files${store === undefined ? '' : `, but the database ${store}`}.`,
    existsSync(join(path, '0', 'meta.yaml'))
      ? 'A store of MLflow in files cannot be read, only one in SQLite.'
      : store === undefined
        ? `Give a folder with files whose names contain "tfevents", or the file of an MLflow store.`
        : `Give ${join(path, store)}.`,
  )
}

function chosenRuns(runs: readonly ForeignRun[], names: readonly string[] | undefined, path: string): ForeignRun[] {
  if (names === undefined) return [...runs]
  const unknown = names.filter((name) => !runs.some(({ source }) => source.name === name))
  if (unknown.length > 0)
    throw new StudioError(
      'not-found',
      `${path} has no run called ${unknown.join(', ')}.`,
      `It has ${formatList(runs.slice(0, 5).map(({ source }) => source.name))}${runs.length > 5 ? ' and more' : ''}.`,
    )
  return runs.filter(({ source }) => names.includes(source.name))
}

const describe = ({ source, series, notes }: ForeignRun): Omit<ImportedRun, 'id' | 'state' | 'newPoints'> => ({
  name: source.name,
  metrics: series.size,
  points: [...series.values()].reduce((sum, { steps }) => sum + steps.length, 0),
  parameters: Object.keys(source.parameters).length,
  notes: [...notes],
})

/** What the log of the run says of the import. */
const logOf = ({ source, notes }: ForeignRun, verb: string): Omit<LogLine, 'at'>[] => [
  {
    level: 'info',
    message: `${verb} from ${runImportFormatFacts[source.format].label}: ${source.name} in ${source.path}.${source.status === null ? '' : ` Its status there is ${source.status}.`}`,
  },
  ...notes.map((message) => ({ level: 'warning', message }) as const),
]

const displayName = (name: string): string =>
  name
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 120)

/** An id for a run, from its name. */
function freeId(name: string, isTaken: (id: string) => boolean): string {
  const base =
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'imported-run'
  for (let number = 1; ; number++) {
    const ending = number === 1 ? '' : `-${number}`
    const id = base.slice(0, 63 - ending.length) + ending
    if (!isTaken(id)) return id
  }
}
