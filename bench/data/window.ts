import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { workspacePaths } from '#node/workspace-paths.ts'
import { type Measure, type MeasuredPage, scrolling, withPage } from '../screen/page.ts'
import { residentBytes } from '../screen/processes.ts'
import { withStudio } from '../screen/studio.ts'
import { addInspection } from './inspection.ts'
import { makeBenchDataset } from './workspace.ts'

/** Milliseconds by the clock, and of processor of the page and of the studio: other programs may use the machine. */
interface Act {
  readonly ms: number
  readonly pageMs: number
  readonly studioMs: number
}

/** The page of a dataset in the window. */
export interface WindowFigures {
  readonly samples: number
  /** From the click on the dataset to its drawn videos. */
  readonly open: Act
  /** From a jump into the middle of the dataset to its drawn videos. */
  readonly jump: Act
  /** While the videos are scrolled by 40 pixels a frame. */
  readonly framesPerSecond: number
  /** Memory of the page after all this, and of its objects; of the studio, and its highest. */
  readonly pageMib: number
  readonly heapMib: number
  readonly studioMib: number
  readonly studioHighestMib: number
}

const name = 'many'
const scrolledFrames = 300

/**
 * Opens and scrolls the page of a dataset in a headless Chromium, which draws without a graphics card. Each sample has a video with a
 * preview, all videos are decoded, and one in a hundred is stored rotated. Linux only.
 */
export async function measureWindow(samples: number): Promise<WindowFigures> {
  const base = mkdtempSync(join(tmpdir(), 'mvd-window-'))
  const folder = join(base, 'workspace')
  try {
    const { videos } = makeBenchDataset(folder, { name, videos: samples, classes: 400, withFiles: false })
    await addInspection(workspacePaths(folder).datasets, name, videos)
    // The first start reads the files of the dataset into the database, the next one finds them there.
    await withStudio(folder, () => Promise.resolve())
    return await withStudio(folder, ({ link, pid }) =>
      withPage({ link, studioPid: pid, admitted: listDatasets }, (window) => openAndScroll(window, samples, pid)),
    )
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

const rowOf = (page: Page): Locator => page.getByRole('link', { name, exact: true }).first()

async function listDatasets(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Datasets', exact: true }).first().click()
  await rowOf(page).waitFor()
}

async function openAndScroll(window: MeasuredPage, samples: number, studioPid: number): Promise<WindowFigures> {
  await window.settled()
  const open = await window.timed('dataset', '300 ms', () => rowOf(window.page).click(), drawnFrom(0))
  await window.settled()
  await window.page.locator('[data-index]').first().scrollIntoViewIfNeeded()
  await window.settled()
  const scrolled = await window.smooth('scroll', scrolling('[data-index]', scrolledFrames))
  await window.settled()
  const jumped = await window.timed('jump', '300 ms', () => jump(window.page), drawnFrom(samples / 4))
  await window.settled()
  await window.page.evaluate(scrolling('[data-index]', scrolledFrames))
  await window.settled()
  return {
    samples,
    open: actOf(open),
    jump: actOf(jumped),
    framesPerSecond: Math.round(scrolled.framesPerSecond ?? 0),
    ...(await window.memory()),
    studioMib: Math.round(residentBytes(studioPid) / 2 ** 20),
    studioHighestMib: Math.round(residentBytes(studioPid, 'VmHWM') / 2 ** 20),
  }
}

const actOf = ({ ms, pageMs, studioMs }: Measure): Act => ({ ms: Math.round(ms ?? 0), pageMs, studioMs })

/** Scrolls into the middle of the dataset, as an input of the page. */
const jump = (page: Page): Promise<unknown> =>
  page.evaluate(`(() => {
    const box = document.querySelector('[data-index]').closest('[data-scrolls]')
    dispatchEvent(new Event('input'))
    box.scrollTop = box.scrollHeight / 2
  })()`)

/** Whether a tile from an index on is drawn with its sample, as an expression of the page. */
const drawnFrom = (index: number): string =>
  `[...document.querySelectorAll('[data-index]')].some((tile) => Number(tile.dataset.index) >= ${index} && tile.querySelector('button') !== null)`
