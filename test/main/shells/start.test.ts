import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'mvd-start-'))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

const { DISPLAY: _x, WAYLAND_DISPLAY: _wayland, ...environment } = process.env
const words = (name: string) => ['src/main/shells/launch.mjs', 'start', '--port', '0', '--workspace', join(root, name)]

/** Everything that a program and its children print, once `text` was among it. */
async function printed(child: ChildProcess, text: string): Promise<string> {
  let output = ''
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    output += String(chunk)
    if (output.includes(text)) return output
  }
  throw new Error(`It ended before "${text}": ${output}`)
}

test('without a display the studio opens in the browser, and SIGTERM closes it', async () => {
  const studio = spawn(process.execPath, words('term'), { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(studio, 'exit')
  expect(await printed(studio, '#open=')).toContain(
    'There is no display for a window. The studio opens in the browser instead.',
  )
  studio.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

test('a second studio of a workspace prints a link to the one that serves it, and ends', async () => {
  const studio = spawn(process.execPath, words('twice'), { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(studio, 'exit')
  const first = await printed(studio, '#open=')
  const second = spawn(process.execPath, words('twice'), { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(second, 'exit')
  const [, link = ''] = /(http:\S+#open=\w+)/.exec(await printed(second, 'needs none.')) ?? []
  expect(await ended).toEqual([0, null])
  expect(first).toContain(new URL(link).origin)
  expect(first).not.toContain(link)
  expect((await fetch(link)).status).toBe(200)
  studio.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

// As npm starts a script: npm, then a shell, then the studio. A pipe ends when the last of them has ended.
const npm = `
  const shell = require('node:child_process').spawn(process.argv[1] + '; exit', { shell: true, stdio: 'inherit' })
  process.on('SIGTERM', () => { shell.kill('SIGTERM'); process.exit() })
`
test.skipIf(process.platform === 'win32').each(['SIGTERM', 'SIGKILL'] as const)(
  'a studio whose npm gets %s closes',
  async (signal) => {
    const command = [process.execPath, ...words(signal)].join(' ')
    const parent = spawn(process.execPath, ['-e', npm, command], {
      env: { ...environment, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await printed(parent, '#open=')
    parent.stdout?.resume()
    const ended = once(parent, 'close').then(() => 'ended')
    parent.kill(signal)
    expect(await ended).toBe('ended')
  },
)
