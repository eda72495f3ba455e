import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyTwoClasses } from '../../../support/videos/index.ts'
import { command, folderForFile, startCommand } from './command-line.ts'

const root = folderForFile()
const workspace = ['--workspace', join(root, 'workspace')]
const small = Object.entries({
  width: 48,
  depth: 1,
  heads: 3,
  decoderWidth: 32,
  decoderDepth: 1,
  decoderHeads: 2,
  batchSize: 4,
  warmupEpochs: 0,
})
const settings = (stage: string, epochs: number): string[] =>
  [...small, ['epochs', epochs]].flatMap(([key, value]) => ['--set', `${stage}.${key}=${value}`])

test('Ctrl-C saves and stops all runs of a pipeline, and resume takes them to their end', async () => {
  const made = await command(
    'dataset',
    'import',
    copyTwoClasses(join(root, 'videos'), 4),
    '--name',
    'falls',
    ...workspace,
  )
  expect(made.code).toBe(0)

  const words = [
    '--dataset',
    'falls',
    '--preset',
    'tiny',
    '--name',
    'chain',
    '--stages',
    'video-teacher,distill',
    '--set',
    'distill.teachers=video',
  ]
  const child = startCommand(
    'pipeline',
    'run',
    ...words,
    ...settings('video-teacher', 300),
    ...settings('distill', 2),
    ...workspace,
  )
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    // Once, and twice at once, as npm passes the key on that the terminal has sent already.
    if (/Video teacher {2}\d+\/\d+ {2}loss/.test(text)) for (const _ of [1, 2]) child.kill('SIGINT')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('Saving and stopping.') })
  expect(stdout).toMatch(/chain\.video-teacher .* stopped/)
  expect(stdout).toMatch(/chain\.distill .* stopped/)
  expect(stderr).toContain(
    `Resume with: npm run -s studio -- run resume chain.video-teacher chain.distill --workspace ${join(root, 'workspace')}`,
  )

  // A verb that only looks leaves the stopped runs alone.
  const listed = await command('run', 'list', '--json', ...workspace)
  const runs: { id: string; status: string; step: number; totalSteps: number | null }[] = JSON.parse(listed.stdout)
  expect(runs.map(({ id, status }) => [id, status])).toEqual([
    ['chain.video-teacher', 'stopped'],
    ['chain.distill', 'stopped'],
  ])
  expect(runs[0]!.step).toBeGreaterThan(0)
  expect(runs[0]!.step).toBeLessThan(runs[0]!.totalSteps!)

  const resumed = await command('run', 'resume', 'chain.video-teacher', 'chain.distill', '--json', ...workspace)
  expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(resumed.stdout)).toEqual({
    pipeline: 'chain',
    runs: ['video-teacher', 'distill'].map((stage) => ({
      id: `chain.${stage}`,
      stage,
      status: 'finished',
      finalLoss: expect.any(Number),
      durationMs: expect.any(Number),
      clipsPerSecond: expect.toSatisfy((value) => value === null || value > 0),
      top1: null,
      top5: null,
      trainedTop1: null,
      notes: [],
    })),
  })

  const again = await command('run', 'resume', 'chain.distill', ...workspace)
  expect(again).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'The run chain.distill has finished, so there is nothing to resume.\nLaunch a new pipeline to train further.\n',
  })
}, 120_000)
