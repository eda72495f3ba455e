import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

async function card(...words: string[]): Promise<{ code: number; lines: string[] }> {
  const child = spawn(process.execPath, ['bench/card.ts', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const [code] = (await once(child, 'close')) as [number]
  // Times differ.
  return {
    code,
    lines: stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^\[ *[\d.]+ s\] /, '')),
  }
}

test('what does not fit the time is left out, and named', async () => {
  const { code, lines } = await card('--engine', 'onnx-cpu', '--sizes', 'rehearsal', '--minutes', '0')
  expect(code).toBe(0)
  expect(lines[0]).toMatch(/^checks of onnx-cpu, float32, at most 0 minutes, \d{4}-/)
  expect(lines.filter((line) => line.endsWith(': left out, the time is over'))).toHaveLength(6 + 4 * 3)
  expect(lines.at(-1)).toBe('all checks ran')
})

test('a resumed training has the same bits', async () => {
  const { code, lines } = await card('--inner', 'resume', '--engine', 'onnx-cpu', '--sizes', 'rehearsal')
  expect({ code, lines }).toEqual({
    code: 0,
    lines: ['distill, float32: the same bits after a resume', 'finetune, float32: the same bits after a resume'],
  })
}, 120_000)

test('half precision is compared with float32', async () => {
  const { code, lines } = await card('--inner', 'agreement', '--engine', 'onnx-cpu', '--sizes', 'rehearsal')
  expect(code).toBe(0)
  expect(lines.length).toBeGreaterThanOrEqual(2)
  for (const line of lines) {
    expect(line).toMatch(
      /^(distill|finetune), \w+ against float32: loss \S+, gradient cosine [\d.]+, difference \S+, skipped \d+$/,
    )
    expect(Number(/cosine ([\d.]+)/.exec(line)?.[1])).toBeGreaterThan(0.99)
  }
}, 300_000)

test('a check that fails is reported, the next ones follow, and the exit code is 1', async () => {
  const { code, lines } = await card(
    '--engine',
    'onnx-cpu',
    '--sizes',
    'none',
    '--minutes',
    '0.2',
    '--data',
    '/nowhere',
  )
  expect(code).toBe(1)
  expect(lines).toContainEqual('packed libraries: FAILED: /nowhere/mvd-studio/onnx-cuda does not exist')
  expect(lines).toContainEqual('sizes: "none" is none of B, S, rehearsal')
  expect(lines.at(-1)).toMatch(/^\d+ checks? failed$/)
}, 120_000)
