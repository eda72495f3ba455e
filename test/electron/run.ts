import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type Page } from 'playwright-core'
import { findElectron } from '#main/shells/electron/binary.ts'

// Starts the built studio in the real Electron: the window opens, its pages load, and it closes. `npm run electron`, after
// `npm run build` and with Electron's binary; needs a display. Not a part of `npm test`.
const root = join(import.meta.dirname, '..', '..')
const workspace = mkdtempSync(join(tmpdir(), 'mvd-electron-'))
const found = findElectron(root, process.env, process.platform)
if (found.kind !== 'found') throw new Error(found.reason)

try {
  const app = await _electron.launch({ executablePath: found.path, args: [root, '--workspace', workspace] })
  const window = await app.firstWindow()
  const errors: string[] = []
  window.on('pageerror', (error) => errors.push(error.message))
  await check(window)
  await window.screenshot({ path: 'window.png' })
  const preferences = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((opened) => ({ title: opened.getTitle(), isVisible: opened.isVisible() })),
  )
  console.log(JSON.stringify(preferences))
  const exited = new Promise<number | null>((resolve) => app.process().once('exit', resolve))
  await app.close()
  const code = await exited
  if (errors.length > 0) throw new Error(`The page reported errors: ${errors.join('; ')}`)
  if (code !== 0) throw new Error(`Electron exited with ${code}.`)
  console.log('1 passed, 0 failed')
} finally {
  rmSync(workspace, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
}

/** Every page of the navigation shows its heading, over calls that go through the preload's port. */
async function check(window: Page): Promise<void> {
  const links = window.getByRole('navigation').getByRole('link')
  await links.first().waitFor()
  const names = await links.allInnerTexts()
  for (const name of names) {
    await links.filter({ hasText: name }).first().click()
    await window.getByRole('heading').first().waitFor()
  }
  await window.getByText(workspace).first().waitFor()
  console.log(`Pages: ${names.join(', ')}`)
}
