import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { parse } from 'vue/compiler-sfc'

/** A sentence in a source of the window that is not in the catalogue. */
export interface Literal {
  line: number
  text: string
}

/** Attributes and properties whose text people read or hear. */
const humanNames =
  /^(label|title|placeholder|description|alt|help|hint|text|caption|heading|summary|tooltip|does|ariaLabel|ariaDescription|aria-(label|description|roledescription|valuetext|placeholder))$/

/** Text that is the same in every language: names of products, formats and quantities. */
const names =
  /\b(MVD Studio|TensorBoard|MLflow|Weights & Biases|ONNX Runtime|WebGPU|Node|CPU|GPU|CSV|PNG|SVG|JSON|Parquet|HTML|Markdown|FPS|SHA-256|auto|top-[15]|k-NN|t|p|NaN|px|ms|min|s|h|MiB|GiB|kB|MB|fps|Ctrl|Shift|Enter|Esc|Home|End|Space|Tab)\b/g

/** Names of metrics and files, lists of classes, colours, fonts and functions of CSS. */
const isCode = (text: string): boolean =>
  /^[a-z]+\/[\w*-]*$/.test(text) ||
  /^#[\da-f]+$|sans-serif$|^\d+px |^[a-z-]+\(.*\)$/.test(text) ||
  /^(?=.*[a-z]-[a-z\d])[a-z\d!:/.[\]()%-]+(\s+[a-z\d!:/.[\]()%-]+)*$/.test(text)

const hasWords = (text: string): boolean => /\p{L}{2,}/u.test(text.replaceAll(names, '')) && !isCode(text)

/** Two words with a space, of which one is lower case, and nothing of code. */
const isSentence = (text: string): boolean =>
  hasWords(text) &&
  /(^|[\s“(])\p{L}[\p{L}’'-]*[,:;.]?\s+\p{L}?\p{Ll}+/u.test(text) &&
  !/[{}<>[\]=#]|var\(|--|\b\w+-\[/.test(text)

/** All sources of the window but the catalogue, and `api`, whose sentences are details of errors. */
export const windowSources = (): string[] =>
  readdirSync('src/renderer', { recursive: true, encoding: 'utf8' })
    .map((name) => join('src/renderer', name).replaceAll('\\', '/'))
    .filter((file) => /\.(vue|ts)$/.test(file) && !/^src\/renderer\/(api|locales)\//.test(file))
    .toSorted()

/** Literal sentences of a component or module. `isKey` says whether a text is a key of the catalogue. */
export function literalsOf(file: string, isKey: (text: string) => boolean): Literal[] {
  const source = readFileSync(file, 'utf8')
  if (file.endsWith('.ts')) return literalsInCode(source, 'sentence', isKey)
  const { descriptor } = parse(source, { filename: file, templateParseOptions: { prefixIdentifiers: false } })
  const script = descriptor.scriptSetup ?? descriptor.script
  return [
    ...(script === null
      ? []
      : literalsInCode(script.content, 'sentence', isKey).map((found) => moved(found, script.loc.start.line - 1))),
    ...(descriptor.template?.ast === undefined ? [] : literalsInTemplate(descriptor.template.ast.children, isKey)),
  ]
}

const moved = (literal: Literal, lines: number): Literal => ({ ...literal, line: literal.line + lines })

// Types of nodes and of attributes of a template, which the compiler declares as an enumeration without values.
const [element, text, interpolation, attribute, directive] = [1, 2, 5, 6, 7]

interface TemplateNode {
  type: number
  loc: { start: { line: number } }
  tag?: string
  content?: unknown
  children?: unknown
  props?: unknown
}

function literalsInTemplate(nodes: readonly unknown[], isKey: (text: string) => boolean): Literal[] {
  return (nodes as TemplateNode[]).flatMap((node) => {
    const { line } = node.loc.start
    if (node.type === text) return hasWords(String(node.content)) ? [{ line, text: String(node.content).trim() }] : []
    if (node.type === interpolation)
      return literalsInCode((node.content as { content: string }).content, 'shown', isKey).map((found) =>
        moved(found, line - 1),
      )
    if (node.type !== element) return []
    // Code and keys are the same in every language.
    const children = node.tag === 'code' ? [] : literalsInTemplate(node.children as unknown[], isKey)
    return [...literalsInAttributes(node.props as TemplateAttribute[], isKey), ...children]
  })
}

interface TemplateAttribute {
  type: number
  name: string
  loc: { start: { line: number } }
  value?: { content: string }
  arg?: { content: string }
  exp?: { content: string }
}

function literalsInAttributes(attributes: readonly TemplateAttribute[], isKey: (text: string) => boolean): Literal[] {
  return attributes.flatMap(({ type, name, loc, value, arg, exp }) => {
    const { line } = loc.start
    if (type === attribute)
      return humanNames.test(name) && value !== undefined && hasWords(value.content)
        ? [{ line, text: value.content }]
        : []
    if (type !== directive || exp === undefined || name === 'for' || name === 'slot') return []
    if (/^(class|style|ui|to|href|id|icon|name|key)$/.test(arg?.content ?? '')) return []
    const kind = humanNames.test(arg?.content ?? '') ? 'shown' : 'sentence'
    return literalsInCode(exp.content, kind, isKey).map((found) => moved(found, line - 1))
  })
}

/** `shown`: every word is read by people. `sentence`: only what looks like a sentence, and properties with a name such as `label`. */
function literalsInCode(code: string, kind: 'shown' | 'sentence', isKey: (text: string) => boolean): Literal[] {
  const isExpression = kind === 'shown' || !/^\s*(import|export|const|let|function|interface|type|\/[/*])/.test(code)
  const file = ts.createSourceFile('code.ts', isExpression ? `(${code})` : code, ts.ScriptTarget.Latest, true)
  const found: Literal[] = []
  const add = (node: ts.Node, text: string): void => {
    found.push({ line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, text })
  }

  const visit = (node: ts.Node, isShown: boolean): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isExportDeclaration(node)) return
    if (
      ts.isNewExpression(node) &&
      node.expression.getText(file).endsWith('Error') &&
      node.expression.getText(file) !== 'StudioError'
    )
      return
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText(file)
      if (
        /^(t|console\.\w+|\w+\.(get|set|has|includes|startsWith|endsWith|split|join|querySelector(All)?|closest|addEventListener|on|match|test|replaceAll?|emit)|emit|watch)$/.test(
          called,
        )
      ) {
        // Texts are keys there; functions may hold sentences.
        for (const argument of node.arguments)
          if (!ts.isStringLiteralLike(argument) && !ts.isTemplateExpression(argument)) visit(argument, false)
        visit(node.expression, false)
        return
      }
      if (called === 'h') {
        for (const child of node.arguments.slice(2)) visit(child, true)
        return
      }
      if (called === 'formatQuantity') for (const argument of node.arguments.slice(1)) visit(argument, true)
    }
    if (ts.isBinaryExpression(node) && /^[=!]==?$|^in$/.test(node.operatorToken.getText(file))) {
      visit(node.left, false)
      visit(node.right, false)
      return
    }
    if (ts.isCaseClause(node)) {
      for (const statement of node.statements) visit(statement, false)
      return
    }
    if (ts.isElementAccessExpression(node)) {
      visit(node.expression, isShown)
      visit(node.argumentExpression, false)
      return
    }
    if (ts.isConditionalExpression(node)) {
      visit(node.condition, false)
      visit(node.whenTrue, isShown)
      visit(node.whenFalse, isShown)
      return
    }
    if (ts.isPropertyAssignment(node)) {
      visit(node.initializer, isShown || humanNames.test(node.name.getText(file).replaceAll(/['"]/g, '')))
      return
    }
    if (ts.isStringLiteralLike(node)) {
      const { text } = node
      if (!isKey(text) && (isShown ? hasWords(text) : isSentence(text))) add(node, text)
      return
    }
    if (ts.isTemplateExpression(node)) {
      const pieces = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)]
      const whole = pieces.join('…')
      if (
        !isKey(whole) &&
        (isShown
          ? hasWords(whole)
          : isSentence(whole) ||
            (isSentence(pieces.join(' a ')) && pieces.some((piece) => /(^|\s)\p{Ll}{2,}(\s|$)/u.test(piece))))
      )
        add(node, whole)
      for (const span of node.templateSpans) visit(span.expression, false)
      return
    }
    ts.forEachChild(node, (child) => visit(child, isShown && !ts.isArrowFunction(node)))
  }
  visit(file, kind === 'shown')
  return found
}
