import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const root = join(import.meta.dirname, '../../../../..')

/** Variables with which the library collects nothing. */
const silencing = ['CI', 'TF_BUILD', 'GITHUB_ACTIONS', 'ORT_DISABLE_TELEMETRY', 'ORT_RUNNING_UNIT_TESTS']

/** What a program leaves in the empty folder that is its home, its cache and its temporary folder. */
async function filesLeftBy(program: string): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), 'mvd-telemetry-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !silencing.includes(name)))
  const folders = { HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, TMPDIR: home }
  await promisify(execFile)(process.execPath, ['--eval', program], {
    cwd: root,
    env: { ...env, ...folders, NODE_COMPILE_CACHE: '' },
  })
  return readdir(home, { recursive: true })
}

const opening = `
  import { encodeOnnx } from '#training/engine/record/graph/encode-onnx.ts'
  import { Graph } from '#training/engine/record/graph/graph.ts'
  const graph = new Graph()
  const x = graph.input('x', { shape: [2], type: 'float32' })
  const model = encodeOnnx('doubling', { twice: graph.node('Add', [x, x], x) })
`

it('ONNX Runtime collects no usage data in a process', async () => {
  const left = await filesLeftBy(`${opening}
    const { loadNative } = await import('#training/engine/run/onnx/native/runtime.ts')
    const session = await (await loadNative()).open(model.bytes, { device: { kind: 'cpu' }, threads: 1, isQuiet: true })
    await session.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } })
    session.release()
  `)
  expect(left).toEqual([])
})

it('ONNX Runtime collects no usage data in a thread', async () => {
  const left = await filesLeftBy(`${opening}
    const { WorkerThread } = await import('#training/engine/collective/worker-thread.ts')
    const worker = new WorkerThread({ device: { kind: 'cpu' }, threads: 1 })
    await worker.open('doubling', model, false)
    process.exit()
  `)
  expect(left).toEqual([])
})
