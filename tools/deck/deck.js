/* Draw maths, cut every slide that is higher than the screen into several, and start reveal.js.

   What is cut keeps its type size: paragraphs, items, rows and lines of code go over to the next slide.  A block that
   fits on a slide of its own (an output, a plot) is moved whole.  Only what cannot be cut is made smaller. */
(async () => {
  'use strict';
  const HEIGHT = 720, BOTTOM = 44, TOP = 26, ROOM = HEIGHT - BOTTOM - TOP;
  const slides = document.querySelector('.slides');
  const HEADINGS = 'h1, h2, h3, h4';
  const FLOW = '.jp-Cell, .jp-Cell-inputWrapper, .jp-Cell-outputWrapper, .jp-InputArea, .jp-Cell-inputArea, ' +
    '.jp-Cell-outputArea, .jp-OutputArea, .jp-RenderedMarkdown, .fragment, section, details';
  const BLOCKS = 'pre, .highlight, .jp-OutputArea-child, .jp-OutputArea-output, .jp-CodeMirrorEditor, .jp-InputArea-editor, ' +
    '.jp-CodeCell .jp-Cell-inputWrapper, table, tbody, ul, ol, blockquote';

  /* Links to other decks stay; those to pages that are not beside the deck become text. */
  function turnLinks() {
    for (const link of slides.querySelectorAll('a[href]')) {
      const href = link.getAttribute('href');
      if (/^(https?:|#)/.test(href)) continue;
      const deck = /^(\d\d_\w+)\.ipynb/.exec(href);
      if (deck) link.setAttribute('href', `${deck[1]}.slides.html`);
      else link.replaceWith(...link.childNodes);
    }
  }

  const isThere = (node) => node.nodeType === Node.ELEMENT_NODE && node.getClientRects().length > 0;
  const bottomOf = (node) => node.getBoundingClientRect().bottom;

  /* The lines of a <pre> below `limit`, taken out of it; spans of colours are cut with them. */
  function cutLines(pre, limit) {
    const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    let node, last = null;
    while ((node = walker.nextNode())) {
      for (let at = node.data.indexOf('\n'); at >= 0; at = node.data.indexOf('\n', at + 1)) {
        const line = document.createRange();
        line.setStart(pre, 0);
        line.setEnd(node, at);
        if (line.getBoundingClientRect().bottom > limit) break;
        last = [node, at + 1];
      }
    }
    if (!last) return null;
    const rest = document.createRange();
    rest.setStart(...last);
    rest.setEndAfter(pre.lastChild);
    if (!rest.toString().trim()) return null;
    const clone = pre.cloneNode(false);
    clone.append(rest.extractContents());
    return clone;
  }

  function mayCut(node) {
    if (node.matches('pre')) return true;
    if (node.matches('.jp-OutputArea-output') && node.querySelector('script, button, svg, iframe, .still')) return false;
    if (node.closest('.course-quiz')) return node.matches('div');
    return node.matches(`${FLOW}, ${BLOCKS}, .jp-RenderedHTMLCommon`) || (node.matches('div') && !node.closest('.jp-OutputArea-output'));
  }

  /* Take what lies below `limit` out of `node`, and give it; null: nothing does; false: nothing could stay. */
  function cut(node, limit, top) {
    if (bottomOf(node) <= limit + 1) return null;
    const isFlow = node.matches(FLOW) || node.closest('.jp-RenderedMarkdown') === node;
    const height = node.getBoundingClientRect().height;
    const begins = node.getBoundingClientRect().top - top < 60;
    if (!isFlow && node.matches(BLOCKS) && !begins && height <= 0.6 * ROOM) return false;
    if (node.matches('pre')) return cutLines(node, limit) || false;
    if (!mayCut(node)) return false;
    const children = [...node.children].filter(isThere);
    let at = children.findIndex((child) => bottomOf(child) > limit + 1);
    if (at < 0) return null; // padding alone
    let rest = cut(children[at], limit, top);
    if (rest === null) return null;
    const moved = [];
    if (rest) moved.push(rest), at += 1;
    else while (at > 0 && children[at - 1].matches(`${HEADINGS}, .here`)) at -= 1; // a heading goes with what it heads
    if (!rest && at === 0) return false;
    const clone = node.cloneNode(false);
    clone.removeAttribute('id');
    if (node.matches('ol')) clone.start = (node.start || 1) + (rest ? at - 1 : at);
    if (node.matches('table')) node.querySelectorAll(':scope > thead').forEach((head) => clone.append(head.cloneNode(true)));
    if (rest) clone.append(rest);
    const first = children[at];
    if (first) for (let next = first; next; ) { const now = next; next = next.nextSibling; clone.append(now); }
    return clone;
  }

  /* What cannot be cut and is too high or too wide: smaller. */
  function shrink(section) {
    const box = section.getBoundingClientRect();
    const limit = box.top + HEIGHT - BOTTOM;
    const atoms = [...section.querySelectorAll('img, table, svg, iframe, .jp-OutputArea-output, pre, p')].filter(isThere);
    const low = atoms.filter((atom) => bottomOf(atom) > limit).sort((a, b) => a.contains(b) ? -1 : 1)[0];
    if (low) {
      const { top, height } = low.getBoundingClientRect();
      low.style.zoom = Math.max(0.3, (limit - top) / height * 0.985);
      if (low.matches('img')) { low.style.zoom = ''; low.style.maxHeight = `${limit - top - 4}px`; }
    }
  }

  function fitWidth(section) {
    const right = section.getBoundingClientRect().left + 1280 - 50;
    for (const node of section.querySelectorAll('.jp-OutputArea-output, .jp-RenderedMarkdown > table')) {
      const widest = Math.max(...[node, ...node.querySelectorAll('*')].filter(isThere).map((one) => one.getBoundingClientRect().right));
      if (widest > right) node.style.zoom = (right - node.getBoundingClientRect().left) / (widest - node.getBoundingClientRect().left);
    }
  }

  const hasContent = (node) => [...node.querySelectorAll('*')].some((one) => isThere(one) && !one.closest('aside.notes') && !one.matches('.here') && one.getBoundingClientRect().height > 2);

  function paginate() {
    let title = '';
    for (const first of [...slides.querySelectorAll(':scope > section > section')]) {
      let section = first, shrunk = 0;
      while (section) {
        const heading = section.querySelector(HEADINGS);
        if (title && !heading && !section.querySelector('.here')) {
          const here = document.createElement('p');
          here.className = 'here';
          here.textContent = title;
          section.prepend(here);
        }
        section.querySelectorAll(HEADINGS).forEach((found) => { if (found.matches('h1, h2, h3')) title = found.textContent.replace('¶', '').trim(); });
        fitWidth(section);
        const top = section.getBoundingClientRect().top;
        let rest = cut(section, top + HEIGHT - BOTTOM, top + TOP);
        if (rest === false) {
          shrink(section);
          if (shrunk++ < 4) continue;
          rest = null;
        }
        shrunk = 0;
        if (rest && !hasContentAfter(section, rest)) rest = null;
        section = rest;
      }
    }
    for (const section of slides.querySelectorAll(':scope > section > section')) {
      const fragment = section.querySelector('.fragment');
      const before = fragment && [...section.querySelectorAll('.jp-Cell')].find((cell) => !cell.closest('aside.notes'));
      if (fragment && before && fragment.contains(before)) fragment.classList.remove('fragment');
      if (!hasContent(section)) section.remove();
    }
    slides.querySelectorAll(':scope > section').forEach((stack) => { if (!stack.querySelector('section')) stack.remove(); });
  }

  function hasContentAfter(section, rest) {
    section.after(rest);
    section.querySelectorAll(':scope aside.notes').forEach((notes) => rest.prepend(notes.cloneNode(true)));
    return true;
  }

  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  if (window.MathJax && MathJax.startup) { await MathJax.startup.promise; await MathJax.typesetPromise([slides]); }
  turnLinks();
  await new Promise((done) => setTimeout(done, 50));
  paginate();
  slides.classList.remove('measuring');
  await Reveal.initialize({
    width: 1280, height: HEIGHT, margin: 0, minScale: 0.1, maxScale: 6, center: false, transition: 'none',
    backgroundTransition: 'none', hash: true, slideNumber: 'c/t', controls: true, progress: true,
    pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
  });
  document.documentElement.dataset.ready = 'yes';
})();
