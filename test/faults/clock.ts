import { readFileSync } from 'node:fs'

/** Name of the file with milliseconds that are added to the clock of the machine, in the workspace. */
export const clockFile = 'clock-shift'

/** Replaces the clock of this process by one that a file shifts, as someone sets the clock of a machine. */
export function shiftClock(file: string): void {
  const RealDate = Date
  const shift = (): number => {
    try {
      return Number(readFileSync(file, 'utf8')) || 0
    } catch {
      return 0
    }
  }
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: [] | [number]) =>
      given.length === 0 ? new target(RealDate.now() + shift()) : Reflect.construct(target, given),
    get: (target, name) => (name === 'now' ? () => RealDate.now() + shift() : Reflect.get(target, name)),
  })
}
