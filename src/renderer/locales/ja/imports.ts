import type english from '../en/imports.ts'
import type { Translation } from '../shape.ts'

export default {
  action: 'ランをインポート',
  title: 'ランをインポート',
  description:
    'TensorBoard のイベントファイル、または SQLite の MLflow ストアから点とハイパーパラメータを読み込みます。元のファイルは変更しません。',
  path: 'フォルダまたはファイル',
  pathHelp:
    'イベントファイルのあるフォルダ、または mlflow.db などのファイル。パスを入力するか貼り付けるか、下で選択してください。',
  stage: 'ステージ',
  stageHelp: 'どのランと比較できるかはファイルからは分かりません。',
  stageChoose: 'ステージを選択',
  dataset: 'データセット',
  datasetHelp: '分かる場合はその名前。',
  preview: 'プレビュー',
  import: '{count} 件のランをインポート',
  found: '見つかったラン',
  columns: { run: 'ラン', state: '状態', points: '点', added: '新しい点', hyperparameters: 'ハイパーパラメータ' },
  states: { new: '新規', changed: '変更あり', unchanged: '変更なし' },
  notes: '読み込まれないもの',
  done: '{count} 件のランをインポートしました',
  nothing: 'ファイルに新しい内容はありません',
} satisfies Translation<typeof english>
