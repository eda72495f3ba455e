import type { ExportSource } from '../format.ts'
import type { HuggingFaceLayout } from './layout.ts'

/** `README.md`, the card that Hugging Face shows of a model: what it is, how it is loaded, and under which licence. */
export function modelCard(
  { model, origin, metadata }: ExportSource,
  architecture: HuggingFaceLayout['architecture'],
): string {
  const { frames, imageSize } = model.geometry
  const isImage = model.input === 'image'
  const pixels = isImage
    ? `\`pixel_values\` [batch, 3, ${imageSize}, ${imageSize}]`
    : `\`pixel_values\` [batch, ${frames}, 3, ${imageSize}, ${imageSize}]`
  return `---
library_name: transformers
license: other
license_name: see-below
tags:
- ${isImage ? 'image-feature-extraction' : 'video-classification'}
- masked-autoencoder
---

# ${origin}

${metadata['description'] ?? architecture}, exported by MVD Studio.

\`\`\`python
from transformers import ${architecture}
model = ${architecture}.from_pretrained("path/to/this/folder")
\`\`\`

Input: ${pixels}, RGB in 0..1, minus the mean and over the deviation that \`preprocessor_config.json\` holds.

## Licence of the weights

${metadata.license}
`
}
