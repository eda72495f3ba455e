import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { launchChromium } from '../../test/e2e/support/chromium.ts'
import { processorMs, residentBytes } from './processes.ts'

export interface Measure {
  what: string
  /** Wall time; null for rates. */
  ms: number | null
  /** Processor time of the page's process, and of the studio's. */
  pageMs: number
  studioMs: number
  framesPerSecond: number | null
  limit: string
}

/** Longest that a slow machine takes to load the script of a page. */
const scriptMs = 500

interface PageOptions {
  /** A link of the studio, which works once, and the id of its process. */
  readonly link: string
  readonly studioPid: number
  /** Waits for what the studio answers: it has admitted the browser, which then keeps its key. */
  readonly admitted: (page: Page) => Promise<unknown>
  /** Gets a CPU profile of the page for each step. */
  readonly profile?: string | undefined
}

/** The window in a headless Chromium, while `use` lasts. Linux only. */
export async function withPage<T>(options: PageOptions, use: (page: MeasuredPage) => Promise<T>): Promise<T> {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
    const devtools = await page.context().newCDPSession(page)
    await page.goto(options.link)
    await options.admitted(page)
    return await use(new MeasuredPage(page, devtools, await rendererOf(browser), options))
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

/** A page of the window whose acts are measured. */
export class MeasuredPage {
  readonly page: Page
  readonly pid: number
  readonly measures: Measure[] = []
  readonly #devtools: CDPSession
  readonly #options: PageOptions

  constructor(page: Page, devtools: CDPSession, pid: number, options: PageOptions) {
    this.page = page
    this.pid = pid
    this.#devtools = devtools
    this.#options = options
  }

  /** Time from the first input of an act until the page shows its effect, without that of the driver of the browser. */
  async timed(what: string, limit: string, act: () => Promise<unknown>, effect: string): Promise<Measure> {
    await this.#startProfile()
    await awaitEffect(this.page, effect)
    const since = this.#processors()
    await act()
    const ms = await this.page.evaluate<number>('benchEffect')
    const measure = { what, ms, ...since(), framesPerSecond: null, limit }
    this.measures.push(measure)
    await this.#writeProfile(what)
    return measure
  }

  /** Frames per second while an act lasts. */
  async smooth(what: string, act: () => Promise<unknown>): Promise<Measure> {
    const since = this.#processors()
    const stop = await countFrames(this.page)
    await act()
    const used = since()
    const measure = { what, ms: null, ...used, framesPerSecond: await stop(), limit: '30 frames/s' }
    this.measures.push(measure)
    return measure
  }

  /** Time of an act that loads the page again. */
  async load(what: string, act: () => Promise<unknown>): Promise<void> {
    const [since, from] = [this.#processors(), performance.now()]
    await act()
    this.measures.push({ what, ms: performance.now() - from, ...since(), framesPerSecond: null, limit: '' })
  }

  /** Goes to an address like a link of the page, without loading the page again. */
  async open(path: string): Promise<void> {
    await this.page.evaluate(
      `history.pushState(history.state, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate', { state: history.state }))`,
    )
  }

  /**
   * Waits until the page has drawn six frames without other work, and meanwhile has loaded nothing and the studio has computed nothing: a
   * page loads the scripts of others while it is idle.
   */
  async settled(): Promise<void> {
    const state = async () =>
      `${processorMs(this.#options.studioPid)} ${await this.page.evaluate<number>(`performance.getEntriesByType('resource').length`)}`
    for (let before = '', now = await state(); now !== before; now = await state()) {
      before = now
      await this.page.waitForTimeout(scriptMs)
      await this.page.evaluate(`new Promise((done) => {
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

  /** Scrolls the box of some rows by 40 px a frame. */
  async scroll(rows: string, frames = 120): Promise<void> {
    await this.page.evaluate(`new Promise((done) => {
      let box = document.querySelector(${JSON.stringify(rows)}).parentElement
      while (box.scrollHeight <= box.clientHeight + 1 || getComputedStyle(box).overflowY === 'visible') box = box.parentElement
      let left = ${frames}
      const frame = () => { box.scrollTop += 40; if (left-- > 0) requestAnimationFrame(frame); else done() }
      requestAnimationFrame(frame)
    })`)
  }

  /** Memory of the page's process and of its objects, without garbage, in MiB. */
  async memory(): Promise<{ pageMib: number; heapMib: number }> {
    await this.#devtools.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#devtools.send('Runtime.getHeapUsage')
    return { pageMib: Math.round(residentBytes(this.pid) / 2 ** 20), heapMib: Math.round(usedSize / 2 ** 20) }
  }

  #processors(): () => Pick<Measure, 'pageMs' | 'studioMs'> {
    const { studioPid } = this.#options
    const [page, studio] = [processorMs(this.pid), processorMs(studioPid)]
    return () => ({ pageMs: processorMs(this.pid) - page, studioMs: processorMs(studioPid) - studio })
  }

  async #startProfile(): Promise<void> {
    if (this.#options.profile === undefined) return
    await this.#devtools.send('Profiler.enable')
    await this.#devtools.send('Profiler.start')
  }

  async #writeProfile(what: string): Promise<void> {
    if (this.#options.profile === undefined) return
    const { profile } = await this.#devtools.send('Profiler.stop')
    mkdirSync(this.#options.profile, { recursive: true })
    writeFileSync(join(this.#options.profile, `${what.replaceAll(' ', '-')}.cpuprofile`), JSON.stringify(profile))
  }
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
