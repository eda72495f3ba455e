/** Lets the user save a file that the page made. */
export function saveFile(name: string, content: Blob | string, type = 'text/plain'): void {
  const url = URL.createObjectURL(typeof content === 'string' ? new Blob([content], { type }) : content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has a reference of its own once it has started, in a later task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** A title as the name of a file without extension: `Top-1 by mask ratio` -> `top-1-by-mask-ratio`. */
export const fileNameOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '') || 'chart'
