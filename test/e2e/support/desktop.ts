import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app, dialog } from '../../main/shells/electron/fake-electron.ts'
import { desktop } from './desktop-electron.ts'

// Runs the built desktop shell with the fake electron module and prints the text of its pages as JSON.
// Arguments: `--workspace DIR`, read by the shell itself.
const fakeElectron = new URL('./desktop-electron.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: fakeElectron, shortCircuit: true } : next(specifier, context),
})
await import(pathToFileURL(join(import.meta.dirname, '../../../out/main/electron.js')).href)
app.once('exited', () => process.exit(app.exitCode))
app.ready.resolve()

const { page, problems, close } = await Promise.race([
  desktop.promise,
  new Promise<never>((_, reject) => app.once('exited', () => reject(new Error(dialog.errors.join('\n'))))),
])
/** Text of the page once it contains `text`. */
const shownWith = async (text: string): Promise<string> => {
  await page.getByText(text, { exact: true }).first().waitFor({ timeout: 20_000 })
  return page.locator('main').innerText()
}
await page.getByRole('link', { name: 'Runs' }).click()
const runs = await shownWith('No runs yet')
// Reload at another address: the page gets a new port.
await page.goto(new URL('/settings', page.url()).href)
const settings = await shownWith('onnx-cpu')
await close()
process.stdout.write(`${JSON.stringify({ runs, settings, problems })}\n`)
app.emit('window-all-closed')
