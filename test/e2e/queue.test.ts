import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { expect, test } from 'vitest'
import { stateOf } from '#contract/domain/run-state.ts'
import { folderOf, requestFor, temporaryFolder, videosOf } from '../main/support.ts'
import { until } from '../stories/until.ts'
import { openWindow, type TestWindow } from './support/window.ts'

/** Many steps with a browser, on a machine that may be busy. */
const limits = { timeout: 240_000 }

const idOf = (name: string) => `${name}.image-teacher`

// Real processes that count steps, so that the queue moves as fast as it is clicked.
test('runs are reordered, held, paused and resumed, and a pipeline is cancelled and brought back', limits, async () => {
  const workspace = temporaryFolder()
  mkdirSync(join(workspace, 'runs'), { recursive: true })
  writeFileSync(
    join(workspace, 'runs', 'child.json'),
    JSON.stringify({ steps: 1_000_000, stepMs: 10, checkpointEvery: 1_000_000 }),
  )
  const window = await openWindow(workspace, resolve('test/fixtures/training-child.ts'))
  try {
    expect(await story(window)).toEqual([])
  } finally {
    await window.close()
  }
})

async function story({ page, studio, origin, problems }: TestWindow): Promise<readonly string[]> {
  const client = createRouterClient(studio.router)
  for await (const event of await client.datasets.import({
    directory: folderOf(videosOf(['a', 'b'], 5)),
    name: 'shapes',
  }))
    if (event.type === 'done') break
  for (const name of ['a', 'b', 'c', 'd'])
    await client.pipelines.launch({
      ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
      name,
    })
  const state = async (name: string) => stateOf((await client.runs.get({ id: idOf(name) })).run)
  await until(client, idOf('a'), (run) => run.step > 2)

  await page.goto(`${origin}/queue`)
  const rows = page.locator('[data-queued]')
  const row = (name: string) => page.locator(`[data-queued="${idOf(name)}"]`)
  const order = async () =>
    (await rows.evaluateAll((found) => found.map((each) => each.getAttribute('data-queued') ?? '')))
      .map((id) => id.split('.')[0])
      .join('')
  await expect.poll(order).toBe('bcd')
  await page.getByText(/^Slot 1/).waitFor()

  // By keyboard, by button, and by dragging.
  await row('d').getByRole('link').focus()
  await page.keyboard.press('Alt+ArrowUp')
  await expect.poll(order).toBe('bdc')
  await row('b')
    .getByRole('button', { name: /^Move .* down$/ })
    .click()
  await expect.poll(order).toBe('dbc')
  await row('c')
    .locator('[draggable]')
    .dragTo(row('d').locator('[draggable]'), { targetPosition: { x: 5, y: 1 } })
  await expect.poll(order).toBe('cdb')
  await page.keyboard.press('Control+z')
  await expect.poll(order).toBe('dbc')

  await row('d').getByRole('button', { name: /^Hold/ }).click()
  await row('d').getByText('Held: it starts when it is released').waitFor()

  // The paused run frees its slot for the next one that is not held, and comes back in front.
  await page.getByRole('button', { name: /^Pause: a/ }).click()
  await until(client, idOf('b'), (run) => run.step > 0)
  await expect.poll(() => state('a')).toBe('paused')
  await client.runs.resume({ id: idOf('a') })
  await expect.poll(order).toBe('adc')

  // One act cancels the pipeline that computes; undoing it resumes the run.
  await page.getByRole('button', { name: 'Cancel all runs: b' }).click()
  await until(client, idOf('b'), (run) => run.status === 'stopped')
  expect(await state('b')).toBe('paused')
  await page.getByRole('button', { name: 'Undo' }).last().click()
  await until(client, idOf('b'), (run) => run.status !== 'stopped')

  // Stopping now asks, and says what is lost.
  const computing = await until(client, idOf('a'), (run) => run.attempt === 2 && (run.unsaved?.ms ?? 0) > 0)
  await page.getByRole('button', { name: `Stop now: ${computing.pipelineId} · Image teacher` }).click()
  await page
    .getByRole('dialog')
    .getByText(/The process ends at once/)
    .waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Stop now' }).click()
  await until(client, idOf('a'), (run) => run.status === 'stopped')

  for (const { id, status } of await client.runs.list({})) if (status === 'queued') await client.runs.stop({ id })
  for (const { id, status } of await client.runs.list({})) if (status === 'running') await client.runs.end({ id })
  return problems
}
