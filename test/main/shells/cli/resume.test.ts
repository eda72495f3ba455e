import { once } from 'node:events'
import { existsSync, type FSWatcher, readFileSync, rmSync, watch } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyTwoClasses } from '../../../support/videos/index.ts'
import { command, folderForFile, startCommand } from './command-line.ts'

// What a person does whose first stage was killed, and who deletes a run folder by hand later: real processes, real training.
const root = folderForFile()
const folder = join(root, 'my work')
const workspace = ['--workspace', folder]
const small = {
  width: 48,
  depth: 1,
  heads: 3,
  decoderWidth: 32,
  decoderDepth: 1,
  decoderHeads: 2,
  batchSize: 4,
  warmupEpochs: 0,
}
const settings = (stage: string, epochs: number): string[] =>
  Object.entries({ ...small, epochs }).flatMap(([key, value]) => ['--set', `${stage}.${key}=${value}`])

const statuses = async (): Promise<Record<string, string>> => {
  const listed = await command('run', 'list', '--json', ...workspace)
  expect(listed.stderr).toBe('')
  const runs: { id: string; status: string }[] = JSON.parse(listed.stdout)
  return Object.fromEntries(runs.map(({ id, status }) => [id, status]))
}

test('a pipeline whose first stage was killed is resumed with one command; a deleted run folder takes nothing else along', async () => {
  expect(
    (await command('dataset', 'import', copyTwoClasses(join(root, 'videos'), 4), '--name', 'falls', ...workspace)).code,
  ).toBe(0)
  const stages = ['--stages', 'video-teacher,distill', '--set', 'distill.teachers=video']
  const options = ['--dataset', 'falls', '--preset', 'tiny', '--name', 'chain', ...stages, ...workspace]
  const child = startCommand('pipeline', 'run', ...options, ...settings('video-teacher', 60), ...settings('distill', 2))
  const runFolder = join(folder, 'runs', 'chain.video-teacher')
  const heartbeat = join(runFolder, 'heartbeat.json')
  let stderr = ''
  let watcher: FSWatcher | undefined
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    // The heartbeat is the first sign of the trainer. The progress comes every few seconds, when a fast machine may have finished.
    if (existsSync(runFolder)) watcher ??= watch(runFolder, killOnce)
  })
  let isKilled = false
  function killOnce(): void {
    if (isKilled || !existsSync(heartbeat)) return
    isKilled = true
    process.kill(JSON.parse(readFileSync(heartbeat, 'utf8')).pid, 'SIGKILL')
  }
  const [code] = await once(child, 'close')
  watcher?.close()
  expect(code).toBe(1)
  expect(stderr).toContain('chain.distill stays in the queue: it waits for chain.video-teacher.')
  expect(stderr).toContain(`Resume with: npm run -s studio -- run resume chain.video-teacher --workspace '${folder}'`)
  expect((await command('run', 'list', ...workspace)).stdout).toContain(
    'queued, waits for chain.video-teacher (interrupted)',
  )

  const resumed = await command('run', 'resume', 'chain.distill', '--json', ...workspace)
  expect({ code: resumed.code, stderr: resumed.stderr }).toEqual({ code: 0, stderr: '' })
  const { runs }: { runs: { id: string; status: string }[] } = JSON.parse(resumed.stdout)
  expect(runs.map(({ id, status }) => [id, status])).toEqual([
    ['chain.video-teacher', 'finished'],
    ['chain.distill', 'finished'],
  ])
  const again = await command('run', 'resume', 'chain', ...workspace)
  expect(again.stderr).toBe(
    'All runs of the pipeline chain have finished, so there is nothing to resume.\nLaunch a new pipeline to train further.\n',
  )

  rmSync(join(folder, 'runs', 'chain.video-teacher'), { recursive: true })
  const rebuilt = await command('reindex', ...workspace)
  expect(rebuilt).toMatchObject({ code: 0, stderr: '' })
  expect(rebuilt.stdout.match(/The run chain\.video-teacher is missing/g)).toHaveLength(1)
  expect(await statuses()).toEqual({ 'chain.video-teacher': 'missing', 'chain.distill': 'finished' })
  const refused = await command('run', 'resume', 'chain.video-teacher', ...workspace)
  expect(refused.stderr).toContain('Restore the folder from a backup, then run reindex.')
}, 240_000)
