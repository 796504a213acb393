// The field that finds everything: Ctrl-K focuses it, arrows and Enter choose. Streamlit calls `default` for every
// answer; the field itself is set up once. What comes from Odoo is written as text, never as HTML.

const PAUSE_MS = 150
const WIDTH_PX = 440
const MARGIN_PX = 8
// Where somebody types: a list that opens, a calendar and a dialog close by Esc themselves.
const TYPED = "textarea, input:not([type=checkbox], [type=radio], [type=file], [role=combobox])"
const CLOSES = "[role=dialog], [data-baseweb=popover], [data-testid=stDateInput]"

const fields = new WeakMap()

export default function (component) {
  const { parentElement, data } = component
  const input = parentElement.querySelector(".everywhere > input")
  if (!input) return undefined
  if (!fields.has(input)) fields.set(input, new Field(input))
  const field = fields.get(input)
  field.send = component.setTriggerValue
  field.answer(data || {})
  return () => field.remove()
}

class Field {
  constructor(input) {
    this.input = input
    this.over = input.parentElement.querySelector(".everywhere-over")
    this.list = input.parentElement.querySelector(".everywhere-found")
    this.said = input.parentElement.querySelector(".everywhere-said")
    this.keys = input.parentElement.querySelector(".everywhere-keys")
    this.options = []
    this.at = -1
    this.asked = "" // the text last sent
    this.turn = 0 // the number of the question that waits for its answer
    this.known = "" // the text whose results are shown
    this.enter = false // Enter was pressed before the answer came
    this.before = null // what had the focus before Ctrl-K
    this.ends = new AbortController()
    const { signal } = this.ends
    // Captured above everything: a table keeps its keys to itself, and other shortcuts would fire while one types.
    window.addEventListener("keydown", (event) => this.key(event), { capture: true, signal })
    window.addEventListener("resize", () => this.place(), { signal })
    input.addEventListener("input", () => this.typed(), { signal })
    input.addEventListener("focus", () => this.known && this.show(), { signal })
    input.addEventListener("blur", () => this.hide(), { signal })
    // A press on a result would take the focus from the field before the click.
    this.over.addEventListener("mousedown", (event) => event.preventDefault(), { signal })
  }

  remove() {
    clearTimeout(this.timer)
    this.ends.abort()
    fields.delete(this.input)
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault()
      event.stopImmediatePropagation()
      this.focus()
    } else if (event.target === this.input && !event.isComposing) {
      event.stopPropagation()
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (move && this.options.length) this.select((this.at + move + this.options.length) % this.options.length)
      else if (event.key === "Enter") this.entered()
      else if (event.key === "Escape") this.leave()
      else if (!move) return
      event.preventDefault()
    } else if (event.key === "Escape" && this.keys.matches(":popover-open")) {
      event.stopImmediatePropagation()
      this.keys.hidePopover()
    } else if (event.key === "?" && !event.target.matches?.("textarea, input, [contenteditable=true]")) {
      event.preventDefault()
      event.stopImmediatePropagation()
      this.keys.togglePopover()
      if (this.keys.matches(":popover-open")) this.keys.focus()
    } else if (event.key === "Escape" && event.target.matches?.(TYPED) && !event.target.closest(CLOSES)) {
      // It leaves the field, and not the record beside which somebody types.
      event.stopImmediatePropagation()
      event.target.blur()
    }
  }

  focus() {
    if (document.activeElement !== this.input) this.before = document.activeElement
    this.input.focus()
    this.input.select()
  }

  typed() {
    clearTimeout(this.timer)
    this.enter = false
    if (!this.input.value.trim()) this.empty()
    else this.timer = setTimeout(() => this.ask(), PAUSE_MS)
  }

  ask() {
    clearTimeout(this.timer)
    this.asked = this.input.value
    // Streamlit passes on no answer that is equal to the last one: each has a number of its own.
    this.turn = Date.now()
    this.send("typed", { text: this.asked, turn: this.turn })
  }

  answer(data) {
    // An answer to what was typed before, or none: the page was drawn again.
    if (!this.asked || data.turn !== this.turn || this.asked !== this.input.value) return
    this.turn = 0
    this.known = this.asked
    this.options = []
    this.list.replaceChildren(...(data.groups || []).map((group) => this.group(group)))
    this.said.textContent = data.said || ""
    this.select(this.options.length ? 0 : -1)
    if (document.activeElement === this.input) this.show()
    if (this.enter && this.options.length) this.choose(this.options[0])
    this.enter = false
  }

  group(group) {
    const block = document.createElement("div")
    const head = text("everywhere-kind", group.kind)
    block.setAttribute("role", "group")
    block.setAttribute("aria-label", group.kind)
    head.setAttribute("aria-hidden", "true")
    block.append(head, ...group.results.map((result) => this.option(group.kind, result)))
    return block
  }

  option(kind, result) {
    const one = document.createElement("div")
    one.className = "everywhere-one"
    one.id = `everywhere-${this.options.length}`
    one.setAttribute("role", "option")
    one.append(text("everywhere-title", result.title), text("everywhere-detail", result.detail))
    const option = { one, chosen: { kind, id: result.id } }
    one.addEventListener("click", () => this.choose(option))
    one.addEventListener("mousemove", () => this.select(this.options.indexOf(option)))
    this.options.push(option)
    return one
  }

  select(at) {
    this.at = at
    this.options.forEach(({ one }, place) => one.setAttribute("aria-selected", String(place === at)))
    if (at < 0) this.input.removeAttribute("aria-activedescendant")
    else {
      this.input.setAttribute("aria-activedescendant", this.options[at].one.id)
      this.options[at].one.scrollIntoView({ block: "nearest" })
    }
  }

  entered() {
    const answered = this.known === this.input.value
    if (answered && this.at >= 0) this.choose(this.options[this.at])
    else if (!answered && this.input.value.trim()) {
      this.enter = true
      if (this.asked !== this.input.value) this.ask()
    }
  }

  choose(option) {
    this.clear()
    this.input.blur()
    this.send("chosen", option.chosen)
  }

  leave() {
    this.clear()
    if (this.before?.isConnected && this.before !== document.body) this.before.focus({ preventScroll: true })
    else this.input.blur()
    this.before = null
  }

  clear() {
    clearTimeout(this.timer)
    this.input.value = ""
    this.empty()
  }

  empty() {
    this.asked = this.known = ""
    this.enter = false
    this.options = []
    this.list.replaceChildren()
    this.said.textContent = ""
    this.select(-1)
    this.hide()
  }

  show() {
    if (!this.options.length && !this.said.textContent) return this.hide()
    if (!this.over.matches(":popover-open")) this.over.showPopover()
    this.input.setAttribute("aria-expanded", "true")
    return this.place()
  }

  hide() {
    if (this.over.matches(":popover-open")) this.over.hidePopover()
    this.input.setAttribute("aria-expanded", "false")
  }

  place() {
    if (!this.over.matches(":popover-open")) return
    const field = this.input.getBoundingClientRect()
    const width = Math.min(Math.max(WIDTH_PX, field.width), innerWidth - 2 * MARGIN_PX)
    const below = innerHeight - field.bottom - 2 * MARGIN_PX
    const above = field.top - 2 * MARGIN_PX
    const upwards = below < Math.min(this.over.scrollHeight, 320) && above > below
    const style = this.over.style
    style.width = `${width}px`
    style.left = `${Math.max(MARGIN_PX, Math.min(field.left, innerWidth - width - MARGIN_PX))}px`
    style.maxHeight = `${upwards ? above : below}px`
    style.top = upwards ? "auto" : `${field.bottom + 4}px`
    style.bottom = upwards ? `${innerHeight - field.top + 4}px` : "auto"
  }
}

function text(name, words) {
  const line = document.createElement("div")
  line.className = name
  line.textContent = words
  return line
}
