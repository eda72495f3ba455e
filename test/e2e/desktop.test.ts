import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { openWorkspace } from '#main/app/workspace.ts'

const root = join(import.meta.dirname, '../..')
const workspace = mkdtempSync(join(tmpdir(), 'mvd-desktop-'))
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

test('the built desktop shell shows its window, which reaches the studio and a training child through the port', async () => {
  if (!existsSync(join(root, 'out/main/electron.js')))
    throw new Error('The desktop shell is not built; run "npm run build" first.')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, 'test/e2e/support/desktop.ts'), '--workspace', workspace],
    { cwd: root },
  )
  const seen: { settings: string; runs: string; problems: string[] } = JSON.parse(stdout)
  expect(seen.problems).toEqual([])
  expect(seen.settings).toMatch(/Shell\s+desktop/)
  expect(seen.settings).toContain(workspace)
  expect(seen.settings).toMatch(/onnx-cpu\s+available/)
  expect(seen.runs).toContain('New pipeline')
  openWorkspace(workspace).close()
})
