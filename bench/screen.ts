import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { workspaceFiles } from '#contract/layout.ts'
import { table } from '#main/shells/cli/output.ts'
import { type Measure, type MeasuredPage, scrolling, sweepingCursor, withPage } from './screen/page.ts'
import { residentBytes } from './screen/processes.ts'
import { longestQuery, type LongestQuery } from './screen/queries.ts'
import { withStudio } from './screen/studio.ts'
import { makeWorkspace } from './screen/workspace.ts'

/**
 * How fast the window is with many runs: fills a workspace, opens it in the studio and a headless Chromium, and prints wall
 * time, processor time of the page and of the studio, and frames per second. Run `npm run build` first. Linux only.
 * `--keep DIR` keeps the workspace there, or uses one of an earlier run. `--profile DIR` writes a CPU profile of the page for each step.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    metrics: { type: 'string', default: '10' },
    points: { type: 'string', default: '10000' },
    keep: { type: 'string' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const size = { runs: Number(values.runs), metrics: Number(values.metrics), points: Number(values.points) }
for (const [name, count] of Object.entries(size))
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name}: expected a whole number from 1.`)

interface Figures {
  readonly measures: readonly Measure[]
  readonly pageMib: number
  readonly heapMib: number
}

const folder = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'mvd-screen-')) : resolve(values.keep)
try {
  await main()
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const database = join(folder, workspaceFiles.database)
  if (!existsSync(database)) {
    const started = performance.now()
    process.stderr.write(`Writing ${size.runs} runs × ${size.metrics} metrics × ${size.points} points…\n`)
    makeWorkspace(folder, size)
    const seconds = (performance.now() - started) / 1000
    const points = size.runs * size.metrics * size.points
    process.stderr.write(
      `${(points / 1e6).toFixed(1)} million points in ${seconds.toFixed(1)} s, ${(statSync(database).size / 2 ** 20).toFixed(0)} MiB\n`,
    )
  }
  const query = longestQuery(database)
  await withStudio(folder, async ({ link, pid, openMs }) => {
    const options = { link, studioPid: pid, admitted: emptyOverview, profile: values.profile }
    const figures = await withPage(options, measure)
    const report = { ...size, openMs, ...figures, query, studioMib: Math.round(residentBytes(pid, 'VmHWM') / 2 ** 20) }
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `${textOf(report)}\n`)
  })
}

function emptyOverview(page: Page): Promise<void> {
  return page.getByText('No datasets yet').waitFor()
}

async function measure(window: MeasuredPage): Promise<Figures> {
  const { measures } = window
  const timed = window.timed.bind(window)
  const { origin } = new URL(window.page.url())
  await window.load('window with the list of runs', async () => {
    await window.page.goto(`${origin}/runs`)
    await window.page.locator('[data-run]').first().waitFor()
  })
  const hasRows = `document.querySelector('[data-run]') !== null`
  await window.open('/settings')
  await window.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
  await window.settled()
  await timed(
    'list of runs',
    '300 ms',
    () => window.page.getByRole('link', { name: 'Runs', exact: true }).click(),
    hasRows,
  )
  await window.settled()
  await window.smooth('scroll the list', scrolling('[data-run]'))
  const first = await window.page.locator('[data-run]').first().getAttribute('data-run')
  await timed(
    'sort',
    '100 ms',
    () => window.page.getByRole('columnheader', { name: 'Duration' }).getByRole('button').first().click(),
    `document.querySelector('[data-run]').dataset.run !== ${JSON.stringify(first)}`,
  )
  const filter = window.page.getByLabel('Filter runs').first()
  await timed(
    'filter',
    '100 ms',
    () => filter.fill('bench-0042'),
    `document.querySelectorAll('[data-run]').length === 1`,
  )
  await filter.fill('')

  await window.open('/compare')
  await window.page.getByRole('button', { name: 'Choose runs' }).first().waitFor()
  await window.settled()
  await timed(
    'dialog Choose runs',
    '200 ms',
    () => window.page.getByRole('button', { name: 'Choose runs' }).first().click(),
    `document.querySelector('[role=dialog] label') !== null`,
  )
  await window.page.keyboard.press('Escape')
  const ids = Array.from({ length: 100 }, (_, index) => `bench-${String(index).padStart(4, '0')}.finetune`)
  // Charts in sight are busy until they have their curves, and have a canvas once these are drawn.
  const hasCurves = `document.querySelectorAll('figure').length >= ${size.metrics - 1} && document.querySelector('figure .u-over') !== null && document.querySelector('figure [role=application]:not(:has(.u-over))') === null`
  for (const [count, limit] of [
    [20, '500 ms'],
    [100, '1.5 s'],
  ] as const) {
    await window.open('/settings')
    await window.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
    await window.settled()
    await timed(
      `overlay of ${count} runs`,
      limit,
      () => window.open(`/compare?ids=${ids.slice(0, count).join(',')}`),
      hasCurves,
    )
    await window.settled()
    await window.smooth(`cursor over ${count} runs`, sweepingCursor)
    if (count > 20) continue
    await timed(
      'zoom to raw points',
      '100 ms',
      () => window.page.locator('figure [role=application]').first().press('+'),
      `[...document.querySelectorAll('button')].some((button) => button.textContent.includes('Reset zoom'))`,
    )
  }
  return { measures, ...(await window.memory()) }
}

function textOf(report: Figures & { openMs: number; query: LongestQuery; studioMib: number }): string {
  const rows = report.measures.map(({ what, ms, pageMs, studioMs, framesPerSecond, limit }) => [
    what,
    ms === null ? `${(framesPerSecond ?? 0).toFixed(0)} frames/s` : `${ms.toFixed(0)} ms`,
    `${pageMs.toFixed(0)} ms`,
    `${studioMs.toFixed(0)} ms`,
    limit,
  ])
  return `${table(['', 'time', 'page', 'studio', 'aim'], rows)}\nStudio opened in ${report.openMs} ms and took at most ${report.studioMib} MiB; the page took ${report.pageMib} MiB at the end, ${report.heapMib} MiB of it as objects.\nThe longest query took ${report.query.ms.toFixed(0)} ms: ${report.query.sql.slice(0, 160)}`
}
