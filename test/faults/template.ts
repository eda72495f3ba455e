import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { openStudio } from '#main/app/studio.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'

/** A workspace with one queued run, for trials to copy; `remove` deletes it. */
export async function makeTemplate(): Promise<{ workspace: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-faults-'))
  const videos = join(folder, 'videos')
  for (const name of ['a', 'b']) {
    mkdirSync(join(videos, name), { recursive: true })
    for (let index = 0; index < 4; index++) writeFileSync(join(videos, name, `${index}.mp4`), `${name} ${index}`)
  }
  const workspace = join(folder, 'workspace')
  const resources = resolve(import.meta.dirname, '../../resources')
  const studio = await openStudio({
    workspace,
    shell: 'browser',
    version: '0.0.0',
    resources,
    trainingEntry: resolve(import.meta.dirname, 'trainer.ts'),
    works: false,
  })
  const client = createRouterClient(studio.router)
  for await (const event of await client.datasets.import({ directory: videos, name: 'shapes' }))
    if (event.type === 'done') break
  const { configuration } = requirePreset(readPresets(join(resources, 'presets')), 'tiny')
  await client.pipelines.launch({
    name: 'p',
    dataset: 'shapes',
    preset: 'tiny',
    configuration: {
      ...configuration,
      stages: ['image-teacher'],
      'image-teacher': { ...configuration['image-teacher'], batchSize: 2 },
    },
  })
  await studio.close()
  return { workspace, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) }
}
