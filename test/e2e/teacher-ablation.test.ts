import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { copyTwoClasses } from '../support/videos/index.ts'
import { goTo, headingOf, panelOf, screenshot } from './support/page.ts'
import { openWindow, type TestWindow } from './support/window.ts'

/** Some thirty short runs, on a machine that may be busy. */
const patience = 900_000
const soon = { timeout: 120_000 }

let folder: string
let opened: TestWindow
let page: Page
const workspace = () => join(folder, 'workspace')
const client = () => createRouterClient(opened.studio.router)

async function open(): Promise<void> {
  opened = await openWindow(workspace())
  page = opened.page
  page.setDefaultTimeout(60_000)
  await page.setViewportSize({ width: 1440, height: 900 })
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mvd-ablation-')))
  const videos = copyTwoClasses(join(folder, 'videos'), 8)
  mkdirSync(join(folder, 'reports'))
  const rows = ['fall', 'roll'].flatMap((name) =>
    readdirSync(join(videos, name)).map((file, index) => {
      const split = index < 4 ? 'train' : index < 6 ? 'validation' : 'test'
      return `${name}/${file},${split},${name},${split === 'train' && index >= 2 ? '' : name}`
    }),
  )
  writeFileSync(join(videos, 'labels.csv'), `path,split,all,few\n${rows.join('\n')}\n`)
  await open()
  for await (const event of await client().datasets.import({ directory: videos, name: 'falls' }))
    if (event.type === 'done' && event.dataset.labelSets.length !== 2)
      throw new Error(`${event.dataset.labelSets.length} label sets were imported, not 2.`)
  await client().pipelines.launch({
    name: 'values-of-all-stages',
    dataset: 'falls',
    preset: 'tiny',
    configuration: await toy(),
  })
}, 120_000)

afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** The smallest values of every stage; one short stage runs. */
async function toy(): Promise<PipelineConfiguration> {
  const presets = await client().pipelines.presets({})
  const { configuration } = presets.find(({ name }) => name === 'tiny')!
  const small = { width: 48, depth: 1, heads: 3, epochs: 2, warmupEpochs: 0, batchSize: 2 }
  const decoder = { decoderWidth: 32, decoderDepth: 1, decoderHeads: 2 }
  return {
    ...configuration,
    stages: ['image-teacher'],
    general: { ...configuration.general, workers: 1 },
    clip: { ...configuration.clip, frames: 4, imageSize: 32, patchSize: 8 },
    'image-teacher': { ...configuration['image-teacher'], ...small, ...decoder, imageSize: 32, patchSize: 8 },
    'video-teacher': { ...configuration['video-teacher'], ...small, ...decoder },
    distill: { ...configuration.distill, ...small, ...decoder },
    finetune: { ...configuration.finetune, ...small, epochs: 4 },
    evaluate: { ...configuration.evaluate, temporalViews: 1, spatialViews: 1 },
  }
}

test(
  'a teacher ablation is launched from the form, survives the death of its trainer and of the studio, and its page shows the numbers of the API',
  { timeout: patience + 300_000 },
  async () => {
    await launch()
    await killTheTrainer()
    await restartTheStudio()
    await readTheResults()
    await writeTheReport()
    expect(opened.problems.filter((problem) => !/^error: Failed to load resource: .* 404/.test(problem))).toEqual([])
  },
)

const runsOf = async (phase: string): Promise<string> =>
  (
    await page
      .getByRole('table', { name: 'Cost' })
      .getByRole('row', { name: new RegExp(`^${phase}`) })
      .innerText()
  )
    .split('\t')
    .slice(1, 2)
    .join()

async function launch(): Promise<void> {
  await goTo(page, 'Experiments')
  await page.getByRole('link', { name: 'New teacher ablation' }).first().click()
  await headingOf(page, 'New teacher ablation').waitFor()
  await page.getByLabel('Or from a run or pipeline').fill('values-of-all-stages')
  await page.getByRole('button', { name: 'Take its values' }).click()
  await page.getByText('Values of values-of-all-stages.').waitFor()
  for (const start of ['Student of the image teacher', 'Student of both teachers', 'Video teacher (VideoMAE)'])
    await page.getByRole('checkbox', { name: start }).click()
  await page.getByLabel('Pre-training seeds').fill('2')
  await page.getByLabel('Learning rates').fill('0.001, slow')
  await page.getByText('Fix 1 problem before launching').waitFor()
  await page.getByLabel('Learning rates').fill('0.001, 0.01')
  await page.getByLabel('Layer decays').fill('')
  await page.locator('#experiment-name').fill('toy')
  await page.reload()
  await page.getByText('Values of values-of-all-stages.').waitFor()
  expect(await page.locator('#experiment-name').inputValue()).toBe('toy')
  // Two seeds; the selection of two rates for two starts on two label sets; the tests, of which the first seed trains no classifier.
  await expect.poll(() => runsOf('Teachers')).toBe('2')
  expect([await runsOf('Students'), await runsOf('Selection'), await runsOf('Fine-tuning')]).toEqual(['2', '8', '12'])
  await screenshot(page, 'ablation-form')
  await page.getByRole('button', { name: 'Launch experiment' }).click()
  await headingOf(page, 'toy').waitFor()
}

const ownRuns = async () => (await client().runs.list({})).filter(({ id }) => id.startsWith('toy-'))

/** Kills the process of a run of the experiment. A run that finishes meanwhile is not counted: then the next one is killed. */
async function killTheTrainer(): Promise<void> {
  let killed: string | undefined
  while (killed === undefined) {
    const running = async () => (await ownRuns()).find(({ status }) => status === 'running')?.id
    await expect.poll(running, soon).toBeDefined()
    const id = await running()
    if (id === undefined || !kill(id)) continue
    const statusOf = async () => (await ownRuns()).find((run) => run.id === id)?.status
    await expect.poll(statusOf, soon).not.toBe('running')
    if ((await statusOf()) !== 'finished') killed = id
  }
  const attention = panelOf(page, 'Needs attention (1)')
  await attention.getByRole('link', { name: `Open run ${killed}` }).waitFor(soon)
  await attention.getByText('then resume the experiment').waitFor()
  await screenshot(page, 'ablation-blocked')
  await page.getByRole('button', { name: 'Resume' }).click()
  await attention.waitFor({ state: 'hidden', ...soon })
}

/** Whether the process of the run was there to be killed. */
function kill(id: string): boolean {
  const heartbeat = join(workspace(), 'runs', id, 'heartbeat.json')
  if (!existsSync(heartbeat)) return false
  const { pid } = JSON.parse(readFileSync(heartbeat, 'utf8')) as { pid: number }
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
    return false
  }
}

async function restartTheStudio(): Promise<void> {
  await expect
    .poll(async () => (await ownRuns()).filter(({ status }) => status === 'finished').length, soon)
    .toBeGreaterThan(0)
  await opened.close()
  await open()
  await page.goto(`${opened.origin}/experiments`)
  await page.getByRole('link', { name: 'toy', exact: true }).click()
  await headingOf(page, 'toy').waitFor()
  await expect
    .poll(async () => (await client().experiments.get({ id: 'toy' })).experiment.status, {
      timeout: patience,
      interval: 1000,
    })
    .toBe('finished')
  await page.getByText('Finished', { exact: true }).first().waitFor()
}

const signed = (share: number): string => `${share > 0 ? '+' : share < 0 ? '−' : ''}${Math.abs(share * 100).toFixed(1)}`
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

async function readTheResults(): Promise<void> {
  const { experiment, result } = await client().experiments.get({ id: 'toy' })
  expect(experiment.problems).toEqual([])
  const table = panelOf(page, 'Results')
  for (const { labels, starts, differences } of result.labelSets)
    for (const { start, top1 } of starts) {
      const cell = table.locator(`tr[data-start="${start}"] td[data-labels="${labels}"]`)
      const shown = [`${percent(top1.mean!)} ± ${(top1.interval! * 100).toFixed(1)}`, '2 seeds']
      const difference = differences.find((other) => other.start === start && other.baseline === 'scratch')
      if (difference !== undefined)
        shown.push(`${signed(difference.difference!)} ± ${(difference.interval! * 100).toFixed(1)}`)
      for (const text of shown) await expect.poll(() => cell.innerText()).toContain(text)
    }
  await page
    .getByRole('img', { name: /^Learning curve/ })
    .locator('canvas')
    .waitFor()
  await page.getByRole('button', { name: 'Show Learning curve as table' }).click()
  const points = await page.getByRole('region', { name: 'Learning curve as table' }).getByRole('row').allInnerTexts()
  expect(points.slice(1).map((row) => row.split('\t')[1]?.trim())).toEqual(['2', '4', '2', '4'])
  await page.getByRole('img', { name: /^Similarity of features over time/ }).waitFor()
  for (const { start, tuning } of result.labelSets[0]!.starts)
    expect([start, await panelOf(page, 'Chosen values').innerText()]).toEqual([
      start,
      expect.stringContaining(`rate ${tuning!.learningRate}, decay`),
    ])
  await screenshot(page, 'ablation-results')
  await panelOf(page, 'Phases').getByRole('link', { name: 'Selection on validation' }).click()
  await headingOf(page, 'Runs').waitFor()
  await page.getByText(/^8 of \d+ runs/).waitFor()
  await page.goBack()
  await headingOf(page, 'toy').waitFor()
}

async function writeTheReport(): Promise<void> {
  await page.getByRole('button', { name: 'Report' }).click()
  const dialog = page.getByRole('dialog', { name: 'Report' })
  await dialog.getByLabel('Folder', { exact: true }).fill(join(folder, 'reports'))
  await dialog.getByRole('button', { name: 'Write' }).click()
  await dialog.getByText(join(folder, 'reports', 'toy.html')).waitFor()
  const { result } = await client().experiments.get({ id: 'toy' })
  const html = readFileSync(join(folder, 'reports', 'toy.html'), 'utf8')
  for (const { starts } of result.labelSets)
    for (const { top1 } of starts) expect(html).toContain((100 * top1.mean!).toFixed(1))
  await dialog.getByRole('button', { name: 'Done' }).click()
}
