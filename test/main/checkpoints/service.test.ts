import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../support.ts'

test('checkpoints are listed, described, and taken away without overwriting anything', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, { failAt: 5 })
  const { checkpoints, pipelines } = studio.client
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  await untilStatus(studio, 'p.image-teacher', 'failed')
  expect((await checkpoints.list({})).map(({ id, isFinal }) => ({ id, isFinal }))).toEqual([
    { id: 'p.image-teacher@3', isFinal: false },
  ])
  await studio.client.runs.resume({ id: 'p.image-teacher' })
  await untilStatus(studio, 'p.image-teacher', 'finished')

  const list = await checkpoints.list({ runId: 'p.image-teacher' })
  expect(list.map(({ id, isFinal }) => ({ id, isFinal }))).toEqual([
    { id: 'p.image-teacher@6', isFinal: true },
    { id: 'p.image-teacher@3', isFinal: false },
  ])
  expect(list[1]).toMatchObject({
    runId: 'p.image-teacher',
    pipelineId: 'p',
    stage: 'image-teacher',
    dataset: 'shapes',
    step: 3,
    epoch: 1.5,
    sizeBytes: 31,
    metrics: { 'train/loss': 1 / 3 },
    inputs: {},
  })
  expect(await checkpoints.inspect({ id: 'p.image-teacher@3' })).toMatchObject({
    checkpoint: list[1],
    tensors: [{ name: 'w', shape: [2] }],
  })

  const to = join(temporaryFolder(), 'model.safetensors')
  expect(await checkpoints.exports({ id: 'p.image-teacher@3' })).toEqual([])
  const first = await checkpoints.export({ id: 'p.image-teacher@3', format: 'safetensors', to })
  expect(first).toMatchObject({
    version: 1,
    checkpoint: 'p.image-teacher@3',
    path: to,
    format: 'safetensors',
    reader: 'eyes',
    maxDifference: 0.25,
    output: 'letters',
  })
  expect(readFileSync(to, 'utf8')).toBe('weights of p.image-teacher at 3')
  const second = await checkpoints.export({ id: 'p.image-teacher@3', format: 'onnx', to, force: true })
  expect(await checkpoints.exports({ id: 'p.image-teacher@3' })).toEqual([second, first])
  expect(await checkpoints.exports({ id: 'p.image-teacher@6' })).toEqual([])

  // A run stands for its newest checkpoint.
  const newest = join(temporaryFolder(), 'newest.safetensors')
  expect((await checkpoints.inspect({ id: 'p.image-teacher' })).checkpoint).toEqual(list[0])
  const third = await checkpoints.export({ id: 'p.image-teacher', format: 'safetensors', to: newest })
  expect(third.checkpoint).toBe('p.image-teacher@6')
  expect(readFileSync(newest, 'utf8')).toBe('weights of p.image-teacher at 6')
  expect(await checkpoints.exports({ id: 'p.image-teacher' })).toEqual([third])

  const refuse = async (change: object) =>
    (await refusal(checkpoints.export({ id: 'p.image-teacher@3', format: 'safetensors', to, ...change })))
      .replaceAll(to, '<file>')
      .replaceAll(workspace, '<workspace>')
  writeFileSync(to, 'precious')
  rmSync(join(workspace, 'runs', 'p.image-teacher', 'checkpoints', 'step-00000006'), { recursive: true })
  expect([
    await refuse({}),
    await refuse({ to: 'model.safetensors' }),
    await refuse({ id: 'p.image-teacher@4' }),
    await refuse({ id: 'nonsense' }),
    await refuse({ id: 'p.image-teacher@6' }),
    await refusal(checkpoints.list({ runId: 'nobody' })),
    await refusal(checkpoints.exports({ id: 'p.image-teacher@4' })),
  ]).toMatchInlineSnapshot(`
    [
      "already-exists: The file <file> exists.
    Choose another name.",
      "bad-request: The path "model.safetensors" to export to is not absolute.
    Give the whole path, beginning with the root of the file system.",
      "not-found: There is no checkpoint p.image-teacher@4.
    Ids look like <run id>@<step>; \`checkpoint list\` shows them.",
      "not-found: There is no imported model called nonsense.
    There are no imported models. Import one with: model import FILE --name NAME.",
      "checkpoint-invalid: The weights of p.image-teacher@6 are missing from <workspace>/runs/p.image-teacher/checkpoints/step-00000006.
    Restore the folder from a backup, or use another model.",
      "not-found: There is no run nobody.
    Run ids look like <pipeline>.<stage>; \`run list\` shows them.",
      "not-found: There is no checkpoint p.image-teacher@4.
    Ids look like <run id>@<step>; \`checkpoint list\` shows them.",
    ]
  `)
  expect(readFileSync(to, 'utf8')).toBe('precious')
})
