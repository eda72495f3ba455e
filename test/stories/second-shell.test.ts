import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { command, folderForFile, startCommand } from '../main/shells/cli/command-line.ts'
import { copyTwoClasses } from '../support/videos/index.ts'

// Several processes use one workspace: a studio that serves a browser, and shells that join it or open the workspace themselves.
const root = folderForFile()
const workspace = join(root, 'workspace')
const at = ['--workspace', workspace]
const long = Object.entries({
  width: 48,
  depth: 1,
  heads: 3,
  decoderWidth: 32,
  decoderDepth: 1,
  decoderHeads: 2,
  batchSize: 4,
  warmupEpochs: 0,
  epochs: 5000,
}).flatMap(([key, value]) => ['--set', `video-teacher.${key}=${value}`])

interface Shell {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
  /** Waits until it has written this. */
  says(pattern: RegExp): Promise<void>
}

function shell(...words: string[]): Shell {
  const child = startCommand(...words)
  const written = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
      for (const look of waiting) look()
    })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    child,
    ended,
    says(pattern) {
      const seen = new Promise<void>((resolve) => {
        const look = () => {
          if (!pattern.test(written.stdout) && !pattern.test(written.stderr)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
      const failed = ended.then(({ code, stderr }) => {
        throw new Error(`It ended with ${code} before it said ${pattern.source}:\n${stderr}`)
      })
      return Promise.race([seen, failed])
    },
  }
}

const pipelineRun = (name: string): Shell =>
  shell(
    'pipeline',
    'run',
    '--dataset',
    'falls',
    '--preset',
    'tiny',
    '--name',
    name,
    '--stages',
    'video-teacher',
    ...long,
    ...at,
  )

const computes = /Video teacher {2}\d+\/\d+ {2}loss/

async function statuses(): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await command('run', 'list', '--json', ...at)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const runs: { id: string; status: string }[] = JSON.parse(stdout)
  return Object.fromEntries(runs.map(({ id, status }) => [id, status]))
}

beforeAll(async () => {
  const { code, stderr } = await command(
    'dataset',
    'import',
    copyTwoClasses(join(root, 'videos'), 4),
    '--name',
    'falls',
    ...at,
  )
  if (code !== 0) throw new Error(stderr)
}, 120_000)

test('shells use the workspace of an open studio: they launch, follow, list and stop', async () => {
  const studio = shell('serve', '--port', '0', ...at)
  await studio.says(/#open=/)

  const first = pipelineRun('first')
  await first.says(/The workspace is open in another studio \(process \d+\), which computes the runs/)
  await first.says(computes)
  // It waits behind the first one, in the queue of the same studio.
  const second = pipelineRun('second')
  await second.says(/Video teacher {2}.*waiting/)
  expect(await statuses()).toEqual({ 'first.video-teacher': 'running', 'second.video-teacher': 'queued' })

  // Ctrl-C in a shell stops its own runs only.
  second.child.kill('SIGINT')
  const { code, stdout } = await second.ended
  expect([code, stdout]).toEqual([130, expect.stringMatching(/second\.video-teacher .* stopped/)])
  expect(await statuses()).toEqual({ 'first.video-teacher': 'running', 'second.video-teacher': 'stopped' })

  // Any shell stops any run.
  expect(await command('run', 'stop', 'first.video-teacher', ...at)).toEqual({
    code: 0,
    stdout: 'first.video-teacher is saving its state and will stop.\n',
    stderr: '',
  })
  const stopped = await first.ended
  expect([stopped.code, stopped.stdout]).toEqual([130, expect.stringMatching(/first\.video-teacher .* stopped/)])
  expect(stopped.stderr).toContain('Resume with: npm run -s studio -- run resume first.video-teacher')

  studio.child.kill('SIGINT')
  expect((await studio.ended).code).toBe(0)
  expect(existsSync(join(workspace, 'access/studio.sock'))).toBe(false)
}, 360_000)

test('when the studio is killed, the shell that followed its run opens the workspace itself', async () => {
  const studio = shell('serve', '--port', '0', ...at)
  await studio.says(/#open=/)
  const follower = pipelineRun('third')
  await follower.says(computes)
  studio.child.kill('SIGKILL')
  await follower.says(/The studio that was followed has closed\. The runs go on, and so does this command\./)

  // The shell is the studio now: another one joins it.
  await expect.poll(async () => (await statuses())['third.video-teacher']).toBe('running')
  follower.child.kill('SIGINT')
  const { code, stdout } = await follower.ended
  expect([code, stdout]).toEqual([130, expect.stringMatching(/third\.video-teacher .* stopped/)])
  expect((await statuses())['third.video-teacher']).toBe('stopped')
}, 360_000)

test('a studio that closes leaves its runs computing, or stops them if it was told to', async () => {
  const studio = shell('serve', '--port', '0', ...at)
  await studio.says(/#open=/)
  const launched = pipelineRun('fourth')
  await launched.says(computes)
  launched.child.kill('SIGKILL')

  // Nobody answers a question here, so the run is kept.
  studio.child.kill('SIGINT')
  const kept = await studio.ended
  expect([kept.code, kept.stdout]).toEqual([
    0,
    expect.stringContaining(
      'What computes goes on without the studio (fourth.video-teacher); the next one follows it.',
    ),
  ])
  expect((await statuses())['fourth.video-teacher']).toBe('running')

  const next = shell('serve', '--port', '0', '--on-close', 'stop', ...at)
  await next.says(/#open=/)
  next.child.kill('SIGINT')
  const stopped = await next.ended
  expect([stopped.code, stopped.stdout]).toEqual([0, expect.stringContaining('All runs are saved.')])
  expect((await statuses())['fourth.video-teacher']).toBe('stopped')
}, 360_000)
