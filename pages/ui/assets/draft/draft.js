// A field to write in whose text reaches the app while it is typed, so that it outlives a reload of the page. Streamlit
// calls `default` at every run; the field itself is set up once, and later runs leave what was typed alone.

const EVERY_MS = 1000
const COMPOSER = ".st-key-composer"
const SEND = ".st-key-composer_send button"
const STREAM = ".st-key-ticket_stream"

const fields = new WeakMap()

export default function (component) {
  const { parentElement, data } = component
  const area = parentElement.querySelector(".draft > textarea")
  if (!area) return undefined
  if (!fields.has(area)) fields.set(area, new Field(area, data || {}))
  const field = fields.get(area)
  field.send = component.setStateValue
  field.describe(data || {})
  return () => field.remove()
}

class Field {
  constructor(area, data) {
    this.area = area
    this.sent = area.value = data.text || ""
    this.ends = new AbortController()
    const { signal } = this.ends
    area.addEventListener("input", () => this.typed(), { signal })
    // Whoever goes on to a control beside the field expects that it knows the last words. On the way to anything else
    // nothing is sent: a run that begins between the press and the click would swallow the click.
    area.addEventListener("focusout", (event) => this.left(event.relatedTarget), { signal })
    document.addEventListener("pointerdown", (event) => this.left(event.target), { capture: true, signal })
    // Captured above everything: Esc would close the record in which somebody writes.
    window.addEventListener("keydown", (event) => this.key(event), { capture: true, signal })
    showTheEnd()
  }

  remove() {
    clearTimeout(this.timer)
    this.timer = 0
    this.ends.abort()
    fields.delete(this.area)
  }

  describe(data) {
    this.area.placeholder = data.placeholder || ""
    this.area.setAttribute("aria-label", data.label || "")
    if (data.longest) this.area.maxLength = data.longest
  }

  typed() {
    if (!this.timer) this.timer = setTimeout(() => this.flush(), EVERY_MS)
  }

  left(target) {
    const composer = this.area.closest(COMPOSER)
    if (target !== this.area && target instanceof Element && composer?.contains(target)) this.flush()
  }

  flush() {
    clearTimeout(this.timer)
    this.timer = 0
    if (this.area.value === this.sent) return
    this.sent = this.area.value
    this.send("text", this.sent)
  }

  key(event) {
    if (event.target !== this.area || event.isComposing) return
    if (event.key === "Escape") {
      event.preventDefault()
      event.stopImmediatePropagation()
      this.area.blur()
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      event.stopImmediatePropagation()
      this.flush()
      this.area.closest(COMPOSER)?.querySelector(SEND)?.click()
    }
  }
}

function showTheEnd() {
  // The newest message is the last one.
  const stream = document.querySelector(STREAM)?.parentElement
  if (stream) stream.scrollTop = stream.scrollHeight
}
