import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '#main/shells/cli/output.ts'
import { type PageFigures, timePage } from './peers/page.ts'
import { type PeerServer, serveStudio, serveTensorBoard } from './peers/server.ts'
import { makeRuns } from './peers/workspace.ts'
import { metricNames } from './screen/workspace.ts'

/**
 * The same runs in the studio and in TensorBoard, which reads their exported event files: time and processor time of the list of
 * runs, of all curves, and of the page with the charts. `--python` is a Python that can import `tensorboard`. Run `npm run build` first.
 * Linux only.
 */
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    runs: { type: 'string', default: '20' },
    metrics: { type: 'string', default: '10' },
    points: { type: 'string', default: '10000' },
    json: { type: 'boolean', default: false },
  },
})
const size = { runs: Number(values.runs), metrics: Number(values.metrics), points: Number(values.points) }
for (const [name, count] of Object.entries(size))
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name}: expected a whole number from 1.`)

interface Figures {
  what: string
  ms: number
  /** Processor time of the server, and of the page if there is one. */
  serverMs: number
  pageMs: number | null
  detail: string
}

const repeats = 5

const folder = mkdtempSync(join(tmpdir(), 'mvd-peers-'))
try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const [workspace, logs] = [join(folder, 'workspace'), join(folder, 'logs')]
  process.stderr.write(`Writing ${size.runs} runs × ${size.metrics} metrics × ${size.points} points…\n`)
  const runs = await makeRuns(workspace, logs, size)
  const names = metricNames(size.metrics)
  const studio = await measure(
    () => serveStudio(workspace, runs, names),
    (server) =>
      timePage(
        async (page) => {
          await page.goto(await server.enter())
          // What the studio answers: it has admitted the browser, which then keeps its key.
          await page.getByText('No datasets yet').waitFor()
        },
        (page) => page.goto(`${server.url}/compare?ids=${runs.join(',')}`),
        { charts: 'figure:has(canvas)', busy: '[role=progressbar]' },
      ),
  )
  const peer = await measure(
    () => serveTensorBoard(values.python, logs, { runs, names, points: size.points }),
    (server) =>
      timePage(
        async (page) => {
          await page.goto(`${server.url}#text`)
          await page.locator('tb-webapp header, app-header').first().waitFor()
        },
        (page) => page.goto(`${server.url}#timeseries`),
        { charts: 'scalar-card line-chart', busy: 'scalar-card mat-spinner' },
      ),
  )
  process.stdout.write(
    values.json ? `${JSON.stringify({ ...size, studio, tensorboard: peer }, null, 2)}\n` : `${textOf(studio, peer)}\n`,
  )
}

async function measure(
  start: () => Promise<PeerServer>,
  open: (server: PeerServer) => Promise<PageFigures>,
): Promise<{ figures: Figures[]; serverMib: number }> {
  const begun = performance.now()
  const server = await start()
  try {
    const figures: Figures[] = [
      {
        what: 'start until all points can be read',
        ms: performance.now() - begun,
        serverMs: server.processorMs(),
        pageMs: null,
        detail: '',
      },
      await timed(server, 'list of runs', async () => `${await server.list()} runs`),
      await timed(server, 'curves of all runs', async () => `${await server.curves()} values`),
    ]
    const before = server.processorMs()
    const { ms, pageProcessorMs, pageBytes, charts } = await open(server)
    figures.push({
      what: 'page until its charts are drawn',
      ms,
      serverMs: server.processorMs() - before,
      pageMs: pageProcessorMs,
      detail: `${charts} charts, page ${mebibytes(pageBytes)} MiB`,
    })
    return { figures, serverMib: mebibytes(server.residentBytes()) }
  } finally {
    await server.close()
  }
}

/** The median of some calls. */
async function timed(server: PeerServer, what: string, call: () => Promise<string>): Promise<Figures> {
  const calls: { ms: number; serverMs: number; detail: string }[] = []
  for (let index = 0; index < repeats; index++) {
    const [at, before] = [performance.now(), server.processorMs()]
    const detail = await call()
    calls.push({ ms: performance.now() - at, serverMs: server.processorMs() - before, detail })
  }
  const median = (of: (call: (typeof calls)[number]) => number) =>
    calls.map(of).toSorted((a, b) => a - b)[Math.floor(repeats / 2)] ?? Number.NaN
  return {
    what,
    ms: median(({ ms }) => ms),
    serverMs: median(({ serverMs }) => serverMs),
    pageMs: null,
    detail: calls[0]?.detail ?? '',
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

type Side = Awaited<ReturnType<typeof measure>>

function cellsOf({ ms, serverMs, pageMs, detail }: Figures): string[] {
  return [`${ms.toFixed(0)} ms`, `${serverMs.toFixed(0)} ms`, pageMs === null ? '' : `${pageMs.toFixed(0)} ms`, detail]
}

function textOf(studio: Side, peer: Side): string {
  const rows = studio.figures.flatMap((own, index) => {
    const other = peer.figures[index]
    return [
      [own.what, 'MVD Studio', ...cellsOf(own)],
      ...(other === undefined ? [] : [['', 'TensorBoard', ...cellsOf(other)]]),
    ]
  })
  return [
    `${size.runs} runs × ${size.metrics} metrics × ${size.points} points. Processor time of the server and of the page; requests are medians of ${repeats}.`,
    table(['', 'program', 'time', 'server', 'page', ''], rows),
    `Memory of the servers at most: MVD Studio ${studio.serverMib} MiB, TensorBoard ${peer.serverMib} MiB.`,
  ].join('\n')
}
