import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openWorkspace } from '#main/app/workspace.ts'
import { openDatabase } from '#main/database/open.ts'
import { Datasets } from '#main/datasets/service.ts'
import { table } from '#main/shells/cli/output.ts'
import { readManifestFile } from '#training/run/read-run.ts'
import { makeBenchDataset } from './data/workspace.ts'

/**
 * How long the studio takes with a dataset of many samples, and how much memory: indexing it, opening the workspace again, a page of
 * samples, filters, the counts for a launch, and reading it in a training child. Each row of the first column is a process.
 */
const { values } = parseArgs({
  options: {
    videos: { type: 'string', default: '250000' },
    classes: { type: 'string', default: '400' },
    json: { type: 'boolean', default: false },
    /** Internal: what the process measures, in which workspace. */
    step: { type: 'string' },
    folder: { type: 'string' },
  },
})
const name = 'many'

type Figures = Record<string, number>
const mebibyte = 2 ** 20
const tenths = (value: number): number => Math.round(value * 10) / 10

/** Time by the clock, and of the processor: they differ if other programs compute. */
function timed<T>(figures: Figures, what: string, run: () => T): T {
  const from = performance.now()
  const before = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(before)
  figures[`${what}, ms`] = tenths(performance.now() - from)
  figures[`${what}, ms of processor`] = tenths((user + system) / 1000)
  return result
}

function measureStudio(folder: string): Figures {
  const figures: Figures = {}
  const workspace = openWorkspace(folder)
  const database = openDatabase(workspace.database)
  const problems: unknown[] = []
  const datasets = new Datasets({
    workspace,
    database,
    runTask: () => Promise.reject(new Error('The benchmark runs no task.')),
    runFolderTask: () => Promise.reject(new Error('The benchmark runs no task.')),
    usersOf: () => [],
    isBusy: () => true,
    onProblem: (problem) => problems.push(problem),
  })
  timed(figures, 'open', () => datasets.open())
  timed(figures, 'dataset', () => datasets.get(name))
  const page = { name, limit: 120 }
  timed(figures, 'first page', () => datasets.samples({ ...page, offset: 0 }))
  const { total } = timed(figures, 'page in the middle', () => datasets.samples({ ...page, offset: 123_456 }))
  const filters = {
    'filter by facts': 'frames > 350 and codec:vp9',
    'filter by a word': 'clip-1234',
    'filter by class': 'class:class-0017',
  }
  for (const [what, filter] of Object.entries(filters)) {
    timed(figures, what, () => datasets.samples({ ...page, offset: 0, filter }))
    timed(figures, `${what}, next page`, () => datasets.samples({ ...page, offset: 120, filter }))
  }
  timed(figures, 'sort by duration', () =>
    datasets.samples({ ...page, offset: 0, sort: { key: 'duration', isDescending: true } }),
  )
  const { samples } = datasets.samples({ ...page, offset: 0 })
  const request = { name, verdicts: [], acrossSplits: false }
  timed(figures, 'exclude a sample', () =>
    datasets.integrity.exclude({ ...request, samples: samples.slice(0, 1).map(({ id }) => id) }),
  )
  timed(figures, 'exclude a page', () =>
    datasets.integrity.exclude({ ...request, samples: samples.slice(1).map(({ id }) => id) }),
  )
  timed(figures, 'undo an exclusion', () => datasets.integrity.undo(name))
  datasets.integrity.undo(name)
  timed(figures, 'counts for a launch', () => datasets.statistics(name, 'default'))
  figures['samples'] = total
  database.close()
  if (problems.length > 0) throw problems[0]
  return figures
}

function measureTraining(folder: string): Figures {
  const figures: Figures = {}
  const manifest = timed(figures, 'read in a training child', () =>
    readManifestFile(join(folder, 'datasets', name, 'manifest.json'), 'default'),
  )
  figures['samples'] = manifest.samples.length
  return figures
}

function measure(step: string, folder: string): Figures {
  if (step === 'make') {
    makeBenchDataset(folder, {
      name,
      videos: Number(values.videos),
      classes: Number(values.classes),
      withFiles: false,
    })
    return {}
  }
  const before = process.memoryUsage.rss()
  const figures = step === 'training' ? measureTraining(folder) : measureStudio(folder)
  figures['resident before, MiB'] = Math.round(before / mebibyte)
  figures['resident, MiB'] = Math.round(process.memoryUsage.rss() / mebibyte)
  figures['resident at most, MiB'] = Math.round(process.resourceUsage().maxRSS / 1024)
  return figures
}

function inProcess(step: string, folder: string): Figures {
  const options = ['--videos', values.videos, '--classes', values.classes, '--step', step, '--folder', folder]
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The step ${step} ended with code ${status}.`)
  return JSON.parse(stdout) as Figures
}

if (values.step !== undefined && values.folder !== undefined) {
  console.log(JSON.stringify(measure(values.step, values.folder)))
} else {
  const base = mkdtempSync(join(tmpdir(), 'mvd-datasets-'))
  const folder = join(base, 'workspace')
  try {
    inProcess('make', folder)
    const steps = { 'first start': 'studio', 'next start': 'studio', training: 'training' }
    const results = Object.entries(steps).map(([title, step]) => ({ title, figures: inProcess(step, folder) }))
    console.log(
      values.json
        ? JSON.stringify({ videos: Number(values.videos), results })
        : table(
            ['Process', 'Figure', 'Value'],
            results.flatMap(({ title, figures }) =>
              Object.entries(figures).map(([what, value]) => [title, what, value]),
            ),
            [2],
          ),
    )
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}
