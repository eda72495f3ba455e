import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runsOfEvent } from '#contract/api/contract.ts'
import { probeRecord } from '#contract/domain/probe.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { copyTwoClasses } from '../support/videos/index.ts'
import { screenshot } from './support/page.ts'
import { openWindow, type TestWindow } from './support/window.ts'

let folder: string
let opened: TestWindow

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-probe-'))
  copyTwoClasses(join(folder, 'videos'), 6)
  opened = await openWindow(join(folder, 'workspace'))
  await trainTeacher()
}, 120_000)

afterAll(async () => {
  await opened?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

/** Trains a video teacher for one epoch, to have a checkpoint to probe. */
async function trainTeacher(): Promise<void> {
  const client = createRouterClient(opened.studio.router)
  for await (const event of await client.datasets.import({ directory: join(folder, 'videos'), name: 'falls' }))
    expect(['progress', 'done']).toContain(event.type)
  const { configuration } = requirePreset(readPresets(resolve('resources/presets')), 'tiny')
  Object.assign(configuration['video-teacher'], { width: 48, depth: 1, batchSize: 4, epochs: 1, warmupEpochs: 0 })
  await client.pipelines.launch({
    name: 'p',
    dataset: 'falls',
    preset: 'tiny',
    configuration: { ...configuration, stages: ['video-teacher'] },
  })
  for await (const event of await client.runs.watch({})) {
    const runs = runsOfEvent(event)
    if (runs.some(({ status }) => status === 'failed')) throw new Error(`The run failed: ${runs[0]?.error?.message}`)
    if (runs.some(({ status }) => status === 'finished')) return
  }
}

test('a checkpoint is probed on its page, and the probe is listed', { timeout: 120_000 }, async () => {
  const { page } = opened
  page.setDefaultTimeout(60_000)
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Checkpoints' }).click()
  await page.getByRole('button', { name: /^Open checkpoint at step/ }).click()
  const probing = page.getByRole('region', { name: 'Probes' })
  await probing.getByRole('button', { name: 'New probe' }).click()
  await screenshot(page, 'probe-form')
  // The dataset of the run and its only label set are selected.
  await probing.getByRole('button', { name: 'Run probe' }).click()
  const row = probing.getByRole('row', { name: /^falls/ })
  await row.waitFor()
  expect(await row.getByRole('cell').allInnerTexts()).toEqual([
    // Labels per class, top-1 of k-NN, of the linear and of the attentive probe, then chance. Two classes have no top-5.
    '4',
    expect.stringMatching(/^\d+\.\d %$/),
    expect.stringMatching(/^\d+\.\d %$/),
    expect.stringMatching(/^\d+\.\d %$/),
    '50.0 %',
    '2',
    expect.any(String),
    expect.any(String),
  ])
  await probing.getByRole('img', { name: /^Similarity of 8 tubelets, from -?0\.\d+ to 1$/ }).waitFor()
  await screenshot(page, 'probe')

  const [file] = readdirSync(join(folder, 'workspace', 'probes'))
  const record = probeRecord.parse(JSON.parse(readFileSync(join(folder, 'workspace', 'probes', file!), 'utf8')))
  expect(record).toMatchObject({
    model: 'p.video-teacher@2',
    dataset: { name: 'falls' },
    description: { layout: 'videomae' },
    videos: { train: 8, test: 2 },
  })

  await page.getByRole('link', { name: 'Checkpoints', exact: true }).first().click()
  await page.getByRole('heading', { name: 'Probes' }).click()
  const probes = page.getByRole('region', { name: 'Probes on falls, class' })
  await probes.getByRole('link', { name: 'p.video-teacher@2' }).waitFor()
  await screenshot(page, 'probes')
  expect(opened.problems).toEqual([])
})
