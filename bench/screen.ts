import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { workspaceFiles } from '#contract/layout.ts'
import { table } from '#main/shells/cli/output.ts'
import { launchChromium } from '../test/e2e/support/chromium.ts'
import { linkFrom, processorMs, residentBytes } from './screen/processes.ts'
import { longestQuery, type LongestQuery } from './screen/queries.ts'
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

interface Measure {
  what: string
  /** Wall time; null for rates. */
  ms: number | null
  /** Processor time of the page's process, and of the studio's. */
  pageMs: number
  studioMs: number
  framesPerSecond: number | null
  limit: string
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
  const studio = spawn(
    process.execPath,
    [join(import.meta.dirname, '../src/main/shells/cli/main.ts'), 'serve', '--workspace', folder, '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const { pid } = studio
  if (pid === undefined) throw new Error('The studio could not be started.')
  try {
    const opened = performance.now()
    const link = await linkFrom(studio.stdout)
    const openMs = performance.now() - opened
    const { measures, pageMib, heapMib } = await measure(link, pid)
    const report = {
      ...size,
      openMs: Math.round(openMs),
      measures,
      query,
      pageMib,
      heapMib,
      studioMib: Math.round(residentBytes(pid, 'VmHWM') / 2 ** 20),
    }
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `${textOf(report)}\n`)
  } finally {
    studio.kill()
    await once(studio, 'exit')
  }
}

async function measure(
  link: string,
  studioPid: number,
): Promise<{ measures: Measure[]; pageMib: number; heapMib: number }> {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
    const devtools = await page.context().newCDPSession(page)
    await page.goto(link)
    // What the studio answers: it has admitted the browser, which then keeps its key.
    await page.getByText('No datasets yet').waitFor()
    const { origin } = new URL(page.url())
    const pagePid = await rendererOf(browser)
    const measures: Measure[] = []
    /** Time from the first input of an act until the page shows its effect, without that of the driver of the browser. */
    const timed = async (what: string, limit: string, act: () => Promise<unknown>, effect: string) => {
      await startProfile(devtools)
      await awaitEffect(page, effect)
      const before = { page: processorMs(pagePid), studio: processorMs(studioPid) }
      await act()
      measures.push({
        what,
        ms: await page.evaluate<number>('benchEffect'),
        pageMs: processorMs(pagePid) - before.page,
        studioMs: processorMs(studioPid) - before.studio,
        framesPerSecond: null,
        limit,
      })
      await writeProfile(devtools, what)
    }
    const smooth = async (what: string, act: () => Promise<unknown>) => {
      const before = { page: processorMs(pagePid), studio: processorMs(studioPid) }
      const stop = await countFrames(page)
      await act()
      measures.push({
        what,
        ms: null,
        pageMs: processorMs(pagePid) - before.page,
        studioMs: processorMs(studioPid) - before.studio,
        framesPerSecond: await stop(),
        limit: '30 frames/s',
      })
    }

    const opened = { page: processorMs(pagePid), studio: processorMs(studioPid), at: performance.now() }
    await page.goto(`${origin}/runs`)
    await page.locator('[data-run]').first().waitFor()
    measures.push({
      what: 'window with the list of runs',
      ms: performance.now() - opened.at,
      pageMs: processorMs(pagePid) - opened.page,
      studioMs: processorMs(studioPid) - opened.studio,
      framesPerSecond: null,
      limit: '',
    })
    const hasRows = `document.querySelector('[data-run]') !== null`
    await openInPage(page, '/settings')
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
    await settled(page, studioPid)
    await timed('list of runs', '300 ms', () => page.getByRole('link', { name: 'Runs', exact: true }).click(), hasRows)
    await settled(page, studioPid)
    await smooth('scroll the list', () => scroll(page, '[data-run]'))
    const first = await page.locator('[data-run]').first().getAttribute('data-run')
    await timed(
      'sort',
      '100 ms',
      () => page.getByRole('columnheader', { name: 'Duration' }).getByRole('button').first().click(),
      `document.querySelector('[data-run]').dataset.run !== ${JSON.stringify(first)}`,
    )
    const filter = page.getByLabel('Filter runs').first()
    await timed(
      'filter',
      '100 ms',
      () => filter.fill('bench-0042'),
      `document.querySelectorAll('[data-run]').length === 1`,
    )
    await filter.fill('')

    await openInPage(page, '/compare')
    await page.getByRole('button', { name: 'Choose runs' }).first().waitFor()
    await settled(page, studioPid)
    await timed(
      'dialog Choose runs',
      '200 ms',
      () => page.getByRole('button', { name: 'Choose runs' }).first().click(),
      `document.querySelector('[role=dialog] label') !== null`,
    )
    await page.keyboard.press('Escape')
    const ids = Array.from({ length: 100 }, (_, index) => `bench-${String(index).padStart(4, '0')}.finetune`)
    // Charts in sight are busy until they have their curves, and have a canvas once these are drawn.
    const hasCurves = `document.querySelectorAll('figure').length >= ${size.metrics - 1} && document.querySelector('figure .u-over') !== null && document.querySelector('figure [role=application]:not(:has(.u-over))') === null`
    for (const [count, limit] of [
      [20, '500 ms'],
      [100, '1.5 s'],
    ] as const) {
      await openInPage(page, '/settings')
      await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
      await settled(page, studioPid)
      await timed(
        `overlay of ${count} runs`,
        limit,
        () => openInPage(page, `/compare?ids=${ids.slice(0, count).join(',')}`),
        hasCurves,
      )
      await settled(page, studioPid)
      await smooth(`cursor over ${count} runs`, () => sweepCursor(page))
      if (count > 20) continue
      await timed(
        'zoom to raw points',
        '100 ms',
        () => page.locator('figure [role=application]').first().press('+'),
        `[...document.querySelectorAll('button')].some((button) => button.textContent.includes('Reset zoom'))`,
      )
    }
    await devtools.send('HeapProfiler.collectGarbage')
    const { usedSize } = await devtools.send('Runtime.getHeapUsage')
    return { measures, pageMib: Math.round(residentBytes(pagePid) / 2 ** 20), heapMib: Math.round(usedSize / 2 ** 20) }
  } finally {
    await browser.close()
  }
}

/** Process id of the page of a browser; an empty spare process has computed less. */
async function rendererOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const pid = processInfo.filter(({ type }) => type === 'renderer').toSorted((a, b) => b.cpuTime - a.cpuTime)[0]?.id
  if (pid === undefined) throw new Error('The browser has no page.')
  return pid
}

async function startProfile(devtools: CDPSession): Promise<void> {
  if (values.profile === undefined) return
  await devtools.send('Profiler.enable')
  await devtools.send('Profiler.start')
}

async function writeProfile(devtools: CDPSession, what: string): Promise<void> {
  if (values.profile === undefined) return
  const { profile } = await devtools.send('Profiler.stop')
  mkdirSync(values.profile, { recursive: true })
  writeFileSync(join(values.profile, `${what.replaceAll(' ', '-')}.cpuprofile`), JSON.stringify(profile))
}

/** Goes to an address like a link of the page, without loading the page again. */
async function openInPage(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(history.state, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate', { state: history.state }))`,
  )
}

/** Begins to wait for the frame in which `effect`, an expression, is true; `benchEffect` is then its time since the first input. */
async function awaitEffect(page: Page, effect: string): Promise<void> {
  await page.evaluate(`(() => {
    let from
    const note = (event) => { from ??= performance.now() }
    const inputs = ['click', 'keydown', 'input', 'popstate']
    for (const type of inputs) addEventListener(type, note, { capture: true })
    globalThis.benchEffect = new Promise((done) => {
      const frame = () => {
        if (from === undefined || !(${effect})) return void requestAnimationFrame(frame)
        for (const type of inputs) removeEventListener(type, note, { capture: true })
        // The frame after this one follows the drawing.
        requestAnimationFrame(() => done(performance.now() - from))
      }
      requestAnimationFrame(frame)
    })
  })()`)
}

/** Waits until the page has drawn six frames without other work, and the studio has computed nothing meanwhile. */
async function settled(page: Page, studioPid: number): Promise<void> {
  for (let before = Number.NaN, now = processorMs(studioPid); now !== before; now = processorMs(studioPid)) {
    before = now
    await page.evaluate(`new Promise((done) => {
      let quiet = 0
      let last = performance.now()
      const frame = (now) => {
        quiet = now - last < 40 ? quiet + 1 : 0
        last = now
        if (quiet >= 6) done()
        else requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
    })`)
  }
}

/** Counts frames until the returned function is called, which gives them per second. */
async function countFrames(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`(() => {
    const count = globalThis.benchFrames = { frames: 0, from: performance.now(), isOn: true }
    const frame = () => { count.frames++; if (count.isOn) requestAnimationFrame(frame) }
    requestAnimationFrame(frame)
  })()`)
  return () =>
    page.evaluate<number>(
      `(() => { benchFrames.isOn = false; return benchFrames.frames / ((performance.now() - benchFrames.from) / 1000) })()`,
    )
}

/** Scrolls the box of some rows by 40 px a frame. */
async function scroll(page: Page, rows: string): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    let box = document.querySelector(${JSON.stringify(rows)}).parentElement
    while (box.scrollHeight <= box.clientHeight + 1 || getComputedStyle(box).overflowY === 'visible') box = box.parentElement
    let left = 120
    const frame = () => { box.scrollTop += 40; if (left-- > 0) requestAnimationFrame(frame); else done() }
    requestAnimationFrame(frame)
  })`)
}

/** Moves the pointer over the first chart, one position a frame, as events of the page. */
async function sweepCursor(page: Page): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    const over = document.querySelector('figure .u-over')
    const { left, top, width, height } = over.getBoundingClientRect()
    let index = 0
    const frame = () => {
      const init = { clientX: left + (width * index) / 120, clientY: top + height / 2, bubbles: true }
      over.dispatchEvent(new MouseEvent(index === 0 ? 'mouseenter' : 'mousemove', init))
      if (index++ < 120) requestAnimationFrame(frame)
      else done()
    }
    requestAnimationFrame(frame)
  })`)
}

function textOf(report: {
  openMs: number
  measures: Measure[]
  query: LongestQuery
  pageMib: number
  heapMib: number
  studioMib: number
}): string {
  const rows = report.measures.map(({ what, ms, pageMs, studioMs, framesPerSecond, limit }) => [
    what,
    ms === null ? `${(framesPerSecond ?? 0).toFixed(0)} frames/s` : `${ms.toFixed(0)} ms`,
    `${pageMs.toFixed(0)} ms`,
    `${studioMs.toFixed(0)} ms`,
    limit,
  ])
  return `${table(['', 'time', 'page', 'studio', 'aim'], rows)}\nStudio opened in ${report.openMs} ms and took at most ${report.studioMib} MiB; the page took ${report.pageMib} MiB at the end, ${report.heapMib} MiB of it as objects.\nThe longest query took ${report.query.ms.toFixed(0)} ms: ${report.query.sql.slice(0, 160)}`
}
