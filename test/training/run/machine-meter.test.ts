import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { queryCardUse } from '#node/nvidia-smi.ts'
import { MachineMeter, type MachineMeterOptions } from '#training/run/machine-meter.ts'
import { standInProgram } from '../../support/nvidia-smi.ts'

function open(options: Partial<MachineMeterOptions> = {}): MachineMeter {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-machine-'))
  const meter = new MachineMeter({ folder, decoders: () => [], reportEveryMs: 0, ...options })
  onTestFinished(() => {
    meter[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  })
  return meter
}

/** A process that computes for a while, says so, and then waits. */
async function busyProcess(): Promise<number> {
  const script = `
    const memory = Buffer.alloc(64 * 2 ** 20, 1)
    while (process.cpuUsage().user < 300_000);
    process.stdout.write('done')
    setInterval(() => memory.length, 1e6)`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

test.runIf(process.platform === 'linux')('processor time and memory of decoders are counted once', async () => {
  const pid = await busyProcess()
  const decoders = [pid]
  const meter = open({ decoders: () => decoders })
  const first = meter.take()
  expect(first['system/processor']).toBeGreaterThan(0)
  expect(first['system/processor']).toBeLessThanOrEqual(100)
  expect(first['system/decoder-memory']).toBeGreaterThan(64)
  expect(first['system/free-disk']).toBeGreaterThan(0)
  // One that ended is left out.
  decoders[0] = 2 ** 22 + 1
  expect(meter.take()).not.toHaveProperty('system/decoder-memory')
})

test('figures come every few seconds, whatever a step takes', () => {
  const meter = open({ reportEveryMs: 60_000 })
  expect(meter.take()).toEqual({})
})

test('the use of the cards of a run is the mean of what nvidia-smi said since the last report', async () => {
  standInProgram('printf "GPU-1, 40, 1024\\nGPU-2, 60, 3072\\nGPU-3, 100, 9999\\nGPU-4, [N/A], [N/A]\\n"')
  const use = await queryCardUse(['GPU-1', 'GPU-2', 'GPU-4'])
  expect(use).toEqual([
    { uuid: 'GPU-1', utilization: 40, usedMemoryBytes: 1024 * 2 ** 20 },
    { uuid: 'GPU-2', utilization: 60, usedMemoryBytes: 3072 * 2 ** 20 },
    { uuid: 'GPU-4', utilization: null, usedMemoryBytes: null },
  ])
  const asked = Promise.withResolvers<void>()
  const meter = open({
    cards: () => {
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(asked.resolve)))
      return Promise.resolve(use)
    },
  })
  await asked.promise
  expect(meter.take()).toMatchObject({ 'system/card': 50, 'system/card-memory': 2048 })
  expect(meter.take()).not.toHaveProperty('system/card')
})

test('without nvidia-smi, or if it fails, there are no figures of cards', async () => {
  expect(await queryCardUse(['GPU-1'], { programs: ['/no/such/program'] })).toEqual([])
  standInProgram('echo "NVIDIA-SMI has failed"; exit 9')
  expect(await queryCardUse(['GPU-1'])).toEqual([])
})
