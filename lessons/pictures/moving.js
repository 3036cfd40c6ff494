
(() => {
  const here = document.currentScript ? document.currentScript.getRootNode() : document;
  const make = (tag, parent, text) => { const e = document.createElement(tag); if (text) e.textContent = text; parent.append(e); return e; };
  const draw = (tag) => document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const root of here.querySelectorAll('.moving-picture:not([data-live])')) {
    root.dataset.live = '';
    root.dataset.lmSuppressShortcuts = 'true';  // JupyterLab leaves the arrow keys to the slider
    const spec = JSON.parse(root.querySelector('.moving-spec').textContent), last = spec.steps.length - 1;
    const says = (words) => Array.isArray(words) ? words[root.lang === 'zh' ? 1 : 0] : words;
    const stage = root.querySelector('.moving-stage');
    stage.replaceChildren();
    const svg = draw('svg'), title = draw('title'), about = draw('desc');
    svg.setAttribute('viewBox', `0 0 ${spec.size.join(' ')}`);
    svg.setAttribute('role', 'img');
    stage.append(svg);
    const caption = make('p', stage), bar = make('div', stage);
    bar.className = 'moving-bar';
    const [back, play, next] = ['back', 'play', 'next'].map(() => make('button', bar));
    const slider = make('input', bar), count = make('span', bar), other = make('button', bar);
    Object.assign(slider, {type: 'range', min: 0, max: last, step: 1, value: 0});
    for (const button of [back, play, next, other]) button.type = 'button';
    const written = [];  // [shape, its words]
    const shapes = spec.shapes.map(([form, ...values]) => {
      const [tag, ...names] = spec.forms[form], shape = draw(tag);
      names.forEach((name, i) => shape.setAttribute(name, /^(fill|stroke)$/.test(name) && values[i] !== 'none' ? `var(--m-${values[i]})` : values[i]));
      if (values.length > names.length) written.push([shape, values[names.length]]);
      return shape;
    });
    const seen = spec.steps.map((runs) => runs.flatMap((run) => Array.isArray(run) ? shapes.slice(run[0], run[1] + 1) : [shapes[run]]));
    let timer = null;
    const show = () => {
      const at = Number(slider.value);
      svg.replaceChildren(title, about, ...seen[at]);
      caption.textContent = says(spec.captions[at]);
      count.textContent = `${at + 1} / ${last + 1}`;
      slider.setAttribute('aria-valuetext', count.textContent);
      back.disabled = at === 0;
      next.disabled = at === last;
    };
    const speak = () => {
      title.textContent = says(spec.title);
      about.textContent = says(spec.about);
      for (const [shape, words] of written) shape.textContent = says(words);
      back.textContent = `‹ ${says(spec.says.back)}`;
      next.textContent = `${says(spec.says.next)} ›`;
      play.textContent = says(timer ? spec.says.pause : spec.says.play);
      slider.setAttribute('aria-label', `${says(spec.title)}: ${says(spec.says.step)}`);
      other.textContent = says(spec.says.other);
      other.lang = root.lang === 'zh' ? 'en' : 'zh';
      show();
    };
    const pause = () => { clearInterval(timer); timer = null; caption.setAttribute('aria-live', 'polite'); speak(); };
    const go = (by) => { slider.value = Number(slider.value) + by; show(); };
    back.onclick = () => { pause(); go(-1); };
    next.onclick = () => { pause(); go(1); };
    slider.oninput = () => { pause(); };
    play.onclick = () => {
      if (timer) return pause();
      if (Number(slider.value) === last) slider.value = 0;
      caption.setAttribute('aria-live', 'off');  // a screen reader could not follow
      timer = setInterval(() => { if (!root.isConnected || Number(slider.value) === last) pause(); else go(1); }, 1500);
      speak();
    };
    other.onclick = () => { root.lang = other.lang; speak(); };
    root.addEventListener('keydown', (event) => event.stopPropagation());  // slides turn by arrow keys, too
    const themed = () => {
      let light = true;
      for (let e = root.parentElement; e; e = e.parentElement) {
        const [r, g, b, a = 1] = (getComputedStyle(e).backgroundColor.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
        if (a > 0.5) { light = 0.3 * r + 0.6 * g + 0.1 * b > 128; break; }
      }
      root.classList.toggle('moving-dark', !light);
    };
    const watch = new MutationObserver(() => { themed(); setTimeout(themed, 300); });
    for (const e of [document.documentElement, document.body]) watch.observe(e, {attributes: true});
    pause();
    themed();
  }
})();
