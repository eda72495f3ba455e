import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { type BenchBrowser, type Driver, startBrowser } from './browser.ts'
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
  const program = await startBrowser()
  try {
    const driver = await program.connect()
    await driver.page.goto(options.link)
    await options.admitted(driver.page)
    return await use(new MeasuredPage(program, driver, await rendererOf(driver.browser), options))
  } finally {
    await program.close()
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
  readonly pid: number
  readonly measures: Measure[] = []
  readonly #program: BenchBrowser
  readonly #options: PageOptions
  #driver: Driver

  constructor(program: BenchBrowser, driver: Driver, pid: number, options: PageOptions) {
    this.#program = program
    this.#driver = driver
    this.pid = pid
    this.#options = options
  }

  /** Changes whenever frames were counted. */
  get page(): Page {
    return this.#driver.page
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

  /** Frames per second while a promise of the page is pending, given as an expression. */
  async smooth(what: string, act: string): Promise<Measure> {
    await this.#driver.browser.close()
    const since = this.#processors()
    const framesPerSecond = Number(await this.#program.evaluate(countedFrames(act)))
    const measure = { what, ms: null, ...since(), framesPerSecond, limit: '30 frames/s' }
    this.#driver = await this.#program.connect()
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

  /** Memory of the page's process and of its objects, without garbage, in MiB. */
  async memory(): Promise<{ pageMib: number; heapMib: number }> {
    await this.#driver.devtools.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#driver.devtools.send('Runtime.getHeapUsage')
    return { pageMib: Math.round(residentBytes(this.pid) / 2 ** 20), heapMib: Math.round(usedSize / 2 ** 20) }
  }

  #processors(): () => Pick<Measure, 'pageMs' | 'studioMs'> {
    const { studioPid } = this.#options
    const [page, studio] = [processorMs(this.pid), processorMs(studioPid)]
    return () => ({ pageMs: processorMs(this.pid) - page, studioMs: processorMs(studioPid) - studio })
  }

  async #startProfile(): Promise<void> {
    if (this.#options.profile === undefined) return
    await this.#driver.devtools.send('Profiler.enable')
    await this.#driver.devtools.send('Profiler.start')
  }

  async #writeProfile(what: string): Promise<void> {
    if (this.#options.profile === undefined) return
    const { profile } = await this.#driver.devtools.send('Profiler.stop')
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

/** An expression that scrolls the box of some rows by 40 px a frame. */
export const scrolling = (rows: string, frames = 120): string => `new Promise((done) => {
  let box = document.querySelector(${JSON.stringify(rows)}).parentElement
  while (box.scrollHeight <= box.clientHeight + 1 || getComputedStyle(box).overflowY === 'visible') box = box.parentElement
  let left = ${frames}
  const frame = () => { box.scrollTop += 40; if (left-- > 0) requestAnimationFrame(frame); else done() }
  requestAnimationFrame(frame)
})`

/** An expression that moves the pointer over the first chart, one position a frame, as events of the page. */
export const sweepingCursor = `new Promise((done) => {
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
})`

/** An expression for the frames per second while a promise is pending. */
const countedFrames = (act: string): string => `(async () => {
  let [frames, isOn] = [0, true]
  const from = performance.now()
  const frame = () => { frames++; if (isOn) requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
  await ${act}
  isOn = false
  return frames / ((performance.now() - from) / 1000)
})()`
